import type { ConfigInput, Profile, Stage } from './schema.js';

/** What the AWS on this machine is and lacks, whichever stage is deployed to it. */
export const THIS_MACHINE = {
  account: '000000000000',
  region: 'us-east-1',
  broker: { kind: 'plain', bootstrapServers: '127.0.0.1:9092' },
  medallion: { layout: 'combined', maxOffsetsPerTrigger: 100_000, watchdogMinutes: 1, triggerSeconds: 2, bronzeTriggerSeconds: 4, periodicSeconds: 120 },
  capabilities: {
    vpc: false,
    securityConfiguration: false,
    namedQueries: false,
    autoDeleteObjects: false,
    cdn: false,
    compositeAlarms: false,
    budgets: false,
    notificationKey: false,
    backup: false,
  },
  export: { schedule: false },
  monitoring: { inbox: true },
  ingestion: { retrySeconds: 2 },
} satisfies Omit<ConfigInput, 'stage' | 'profile'>;

/** Sizes: what a lake costs and how fresh it is. `sluice cost --profile` says the price. */
export const PROFILE_DEFAULTS: Record<Profile, Pick<ConfigInput, 'backup' | 'broker' | 'network' | 'medallion' | 'monitoring' | 'export'>> = {
  /**
   * One small job and two small brokers: for trying, and for feeds of some million records a day. Under 250 USD a month
   * with all that runs: at night it rests, and it looks at S3 as seldom as a minute from Kafka to Gold allows.
   */
  tiny: {
    broker: { kind: 'provisioned' },
    medallion: {
      layout: 'combined',
      workerType: 'G.025X',
      bronzeTriggerSeconds: 10,
      triggerSeconds: 20,
      goldTriggerSeconds: 30,
      backgroundTriggerSeconds: 1200,
      periodicSeconds: 300,
      window: { fromHour: 5, toHour: 20 },
    },
    monitoring: { canaryMinutes: 60 },
    export: { everyMinutes: 360 },
  },
  standard: { broker: { kind: 'provisioned', instanceType: 'kafka.m7g.large', volumeGiB: 100 }, medallion: { layout: 'combined' }, backup: { versionsDays: 7 } },
  prod: {
    backup: { versionsDays: 30 },
    broker: { kind: 'provisioned', instanceType: 'kafka.m7g.large', brokers: 3, volumeGiB: 200 },
    network: { natGateways: 2, availabilityZones: 3 },
    medallion: { layout: 'separate', watchdogMinutes: 5, glueMetrics: true },
  },
};

/** Settings of the stages, before what the command line or environment adds. */
export const STAGE_DEFAULTS: Record<Stage, { readonly profile: Profile } & Partial<Omit<ConfigInput, 'stage' | 'profile'>>> = {
  local: { profile: 'tiny', retainData: false, deleteDataOf: 'local' },
  dev: { profile: 'tiny', retainData: true },
  prod: { profile: 'prod', terminationProtection: true },
};
