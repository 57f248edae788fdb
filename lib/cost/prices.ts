/** List prices of a region, USD. */
export interface Prices {
  /** Per DPU and hour; a G.1X worker is one DPU. */
  readonly glueDpuHour: number;
  /** Per broker and hour, by instance type. */
  readonly mskBrokerHour: Readonly<Record<string, number>>;
  /** Per GB and month. */
  readonly mskStorageGbMonth: number;
  readonly mskServerlessClusterHour: number;
  readonly mskServerlessPartitionHour: number;
  readonly natGatewayHour: number;
  /** Per interface endpoint, zone and hour. */
  readonly endpointHour: number;
  readonly kmsKeyMonth: number;
  readonly alarmMonth: number;
  readonly compositeAlarmMonth: number;
  /** The first three are free. */
  readonly dashboardMonth: number;
  readonly customMetricMonth: number;
  /** Per million. */
  readonly dynamoWriteMillion: number;
  readonly secretMonth: number;
}

/** Where the prices are from: they were noted from the price pages of these services and are not looked up. */
export const PRICES_AS_OF = '2026-11';
export const PRICES_SOURCE =
  'aws.amazon.com/{glue,msk,vpc,privatelink,kms,cloudwatch,dynamodb,secrets-manager}/pricing, on-demand list prices as remembered then; check before you rely on them';

/** Regions whose prices are known. Another is refused rather than guessed at. */
export const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': {
    glueDpuHour: 0.44,
    mskBrokerHour: { 'kafka.t3.small': 0.0456, 'kafka.m5.large': 0.21, 'kafka.m7g.large': 0.204, 'kafka.m7g.xlarge': 0.408 },
    mskStorageGbMonth: 0.1,
    mskServerlessClusterHour: 0.75,
    mskServerlessPartitionHour: 0.0015,
    natGatewayHour: 0.045,
    endpointHour: 0.01,
    kmsKeyMonth: 1,
    alarmMonth: 0.1,
    compositeAlarmMonth: 0.5,
    dashboardMonth: 3,
    customMetricMonth: 0.3,
    dynamoWriteMillion: 0.625,
    secretMonth: 0.4,
  },
};

/** Memory and vCPU of a worker, in DPU. */
export const WORKER_DPU: Readonly<Record<string, number>> = { 'G.025X': 0.25, 'G.1X': 1, 'G.2X': 2, 'G.4X': 4, 'G.8X': 8 };
