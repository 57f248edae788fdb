import { PRICES, type Prices, WORKER_DPU } from './prices.js';

/** A CloudFormation template, as far as it is read here. */
export interface TemplateJson {
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>>; readonly DeletionPolicy?: string }>>;
}

/** `Retain`, or `RetainExceptOnCreate`, which keeps nothing of a first deploy that failed. */
export const isKept = (deletionPolicy: string | undefined): boolean => deletionPolicy?.startsWith('Retain') === true;

export interface CostItem {
  readonly service: string;
  readonly what: string;
  /** A month of 730 hours, USD. */
  readonly monthly: number;
  /** Logical id, to find it again. */
  readonly resource: string;
  /** Whether deleting the stacks leaves it, and its bill. */
  readonly stays: boolean;
}

export const HOURS = 730;
const FREE_DASHBOARDS = 3;
/** Drivers write their positions this often. */
const POSITION_WRITES = (HOURS * 3600) / 5;

/** @throws Error naming the regions whose prices are known */
export function pricesOf(region: string): Prices {
  const prices = PRICES[region];
  if (!prices) throw new Error(`no prices are known for region "${region}"; known: ${Object.keys(PRICES).join(', ')}: give --region, and take the result for that region's`);
  return prices;
}

type Properties = Readonly<Record<string, unknown>>;
type Priced = readonly [service: string, what: string, monthly: number];

function glueJob(properties: Properties, { glueDpuHour }: Prices): Priced[] {
  const workers = Number(properties.NumberOfWorkers);
  const type = String(properties.WorkerType);
  const dpu = WORKER_DPU[type];
  if (dpu === undefined) throw new Error(`no price is known for Glue workers of type ${type}`);
  const command = (properties.Command as { Name?: string } | undefined)?.Name;
  // A batch job costs while it runs, which the template does not say.
  if (command !== 'gluestreaming') return [];
  return [['Glue', `job ${String(properties.Name)}: ${workers} workers ${type}, all hours`, workers * dpu * glueDpuHour * HOURS]];
}

function cluster(properties: Properties, prices: Prices): Priced[] {
  const brokers = Number(properties.NumberOfBrokerNodes);
  const group = properties.BrokerNodeGroupInfo as { InstanceType: string; StorageInfo?: { EBSStorageInfo?: { VolumeSize?: number } } };
  const hourly = prices.mskBrokerHour[group.InstanceType];
  if (hourly === undefined) throw new Error(`no price is known for MSK brokers of type ${group.InstanceType}`);
  const gb = brokers * (group.StorageInfo?.EBSStorageInfo?.VolumeSize ?? 0);
  return [
    ['MSK', `${brokers} brokers ${group.InstanceType}`, brokers * hourly * HOURS],
    ['MSK', `${gb} GB of broker storage`, gb * prices.mskStorageGbMonth],
  ];
}

function price(type: string, properties: Properties, prices: Prices): Priced[] {
  switch (type) {
    case 'AWS::Glue::Job':
      return glueJob(properties, prices);
    case 'AWS::MSK::Cluster':
      return cluster(properties, prices);
    case 'AWS::MSK::ServerlessCluster':
      return [['MSK', 'serverless cluster', prices.mskServerlessClusterHour * HOURS]];
    case 'AWS::EC2::NatGateway':
      return [['VPC', 'NAT gateway', prices.natGatewayHour * HOURS]];
    case 'AWS::EC2::VPCEndpoint': {
      if (properties.VpcEndpointType !== 'Interface') return [];
      const zones = (properties.SubnetIds as unknown[] | undefined)?.length ?? 1;
      return [['VPC', `interface endpoint in ${zones} zones`, zones * prices.endpointHour * HOURS]];
    }
    case 'AWS::KMS::Key':
      return [['KMS', 'key', prices.kmsKeyMonth]];
    case 'AWS::CloudWatch::Alarm':
      return [['CloudWatch', 'alarms', prices.alarmMonth]];
    case 'AWS::CloudWatch::CompositeAlarm':
      return [['CloudWatch', 'composite alarms', prices.compositeAlarmMonth]];
    case 'AWS::SecretsManager::Secret':
      return [['Secrets Manager', 'secret', prices.secretMonth]];
    default:
      return [];
  }
}

/** Metrics of our own that the alarms look at: there are at least these. */
function customMetrics(templates: readonly TemplateJson[]): number {
  const seen = new Set<string>();
  for (const { Resources = {} } of templates)
    for (const { Type, Properties = {} } of Object.values(Resources))
      if (Type === 'AWS::CloudWatch::Alarm' && !String(Properties.Namespace).startsWith('AWS/')) seen.add(JSON.stringify([Properties.MetricName, Properties.Dimensions]));
  return seen.size;
}

/**
 * What a stage costs a month at least, from its synthesised templates: what is billed by the hour or month whether or not
 * anything flows. Storage, traffic, queries, function time and batch runs come on top.
 *
 * @throws Error where a region, a worker or a broker has no known price
 */
export function monthlyFloor(templates: readonly TemplateJson[], region: string): CostItem[] {
  const prices = pricesOf(region);
  const items: CostItem[] = [];
  let partitions = 0;
  let serverless = false;
  let dashboards = 0;
  let streaming = 0;
  for (const { Resources = {} } of templates) {
    for (const [resource, { Type, Properties = {}, DeletionPolicy }] of Object.entries(Resources)) {
      for (const [service, what, monthly] of price(Type, Properties, prices)) items.push({ service, what, monthly, resource, stays: isKept(DeletionPolicy) });
      if (Type === 'AWS::MSK::ServerlessCluster') serverless = true;
      if (Type === 'AWS::CloudWatch::Dashboard') dashboards++;
      if (Type === 'AWS::Glue::Job' && (Properties.Command as { Name?: string } | undefined)?.Name === 'gluestreaming') streaming++;
      if (Type === 'Custom::KafkaTopics') partitions += (JSON.parse(String(Properties.topics)) as { partitions: number }[]).reduce((sum, topic) => sum + topic.partitions, 0);
    }
  }
  const add = (service: string, what: string, monthly: number) => items.push({ service, what, monthly, resource: '', stays: false });
  if (serverless) add('MSK', `${partitions} partitions`, partitions * prices.mskServerlessPartitionHour * HOURS);
  if (dashboards > FREE_DASHBOARDS) add('CloudWatch', `${dashboards - FREE_DASHBOARDS} dashboards`, (dashboards - FREE_DASHBOARDS) * prices.dashboardMonth);
  const metrics = customMetrics(templates);
  if (metrics > 0) add('CloudWatch', `${metrics} custom metrics that alarms look at`, metrics * prices.customMetricMonth);
  if (streaming > 0) add('DynamoDB', `positions of ${streaming} drivers`, (streaming * POSITION_WRITES * prices.dynamoWriteMillion) / 1e6);
  return grouped(items);
}

/** Like items in one line, the largest first. */
function grouped(items: readonly CostItem[]): CostItem[] {
  const lines = new Map<string, { item: CostItem; count: number; monthly: number }>();
  for (const item of items) {
    const key = JSON.stringify([item.service, item.what, item.stays]);
    const line = lines.get(key);
    if (line) {
      line.count++;
      line.monthly += item.monthly;
    } else lines.set(key, { item, count: 1, monthly: item.monthly });
  }
  return [...lines.values()]
    .map(({ item, count, monthly }) => ({ ...item, what: count > 1 ? `${count} × ${item.what}` : item.what, monthly }))
    .sort((a, b) => b.monthly - a.monthly);
}

export const total = (items: readonly CostItem[]): number => items.reduce((sum, { monthly }) => sum + monthly, 0);
