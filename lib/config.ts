import { z } from 'zod';
import { isLoopbackUrl } from '../lambdas/shared/recorded-feeds.js';
import { commaList, concerning, type ENVIRONMENT, type Environment, sayVariable } from './environment.js';

export const STAGES = ['local', 'dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];
export const PROFILES = ['tiny', 'standard', 'prod'] as const;
export type Profile = (typeof PROFILES)[number];

const brokerSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('provisioned'),
      instanceType: z.string().default('kafka.t3.small'),
      brokers: z.number().int().min(2).default(2),
      volumeGiB: z.number().int().min(1).default(20),
    })
    .strict(),
  z.object({ kind: z.literal('serverless') }).strict(),
  z.object({ kind: z.literal('existing'), bootstrapServers: z.string().min(1), clusterArn: z.string().startsWith('arn:'), securityGroupId: z.string().startsWith('sg-') }).strict(),
  /** A broker on loopback without authentication: the local stage. */
  z.object({ kind: z.literal('plain'), bootstrapServers: z.string().min(1) }).strict(),
]);

/** Who hears of alarms: e-mail addresses, HTTPS endpoints (PagerDuty and its kin take SNS messages so), a Slack channel. */
const subscribersSchema = z
  .object({
    emails: z.array(z.email()).default([]),
    urls: z.array(z.url({ protocol: /^https$/, error: 'a URL that alarms are sent to is https' })).default([]),
    slack: z
      .object({ workspaceId: z.string().regex(/^T[A-Z0-9]+$/, 'a Slack workspace is T...'), channelId: z.string().regex(/^C[A-Z0-9]+$/, 'a Slack channel is C...') })
      .strict()
      .optional(),
  })
  .strict()
  .prefault({});

/** What a stage is. Every value a person may want to change is here; `config.test.ts` pins the defaults. */
export const configSchema = z
  .object({
    app: z
      .string()
      .regex(/^[a-z][a-z0-9]{1,15}$/, 'an app name is 2 to 16 of a-z and 0-9')
      .default('sluice'),
    stage: z.enum(STAGES),
    /** What size and price the defaults are of. */
    profile: z.enum(PROFILES),
    account: z
      .string()
      .regex(/^\d{12}$/, 'an account has 12 digits')
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region is like eu-central-1')
      .optional(),
    network: z
      .object({
        /** An existing VPC to use. @default - a new one is made */
        vpcId: z.string().startsWith('vpc-').optional(),
        natGateways: z.number().int().min(1).default(1),
        availabilityZones: z.number().int().min(2).max(3).default(2),
        /** Names of the zones, as many as there are to be. @default - the region's first ones, as the account sees them */
        zones: z
          .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'a zone is like eu-central-1b'))
          .min(2, 'a broker wants two zones or three')
          .max(3, 'a broker wants two zones or three')
          .refine((zones) => new Set(zones).size === zones.length, 'a zone is named twice')
          .optional(),
      })
      .strict()
      .prefault({}),
    broker: brokerSchema,
    medallion: z
      .object({
        /** `combined`: one job runs all layers; `separate`: a job per layer. */
        layout: z.enum(['combined', 'separate']).default('combined'),
        workerType: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X', 'G.025X']).default('G.1X'),
        /** Of jobs that end by themselves (export, rebuild): Glue gives G.025X to streaming jobs alone. */
        batchWorkerType: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X']).default('G.1X'),
        workers: z.number().int().min(2).default(2),
        maxOffsetsPerTrigger: z.number().int().positive().default(500_000),
        /** @default - each contract's own */
        triggerSeconds: z.number().positive().optional(),
        /** Bronze's, where its commits should be fewer: they take time from the layers behind it. @default - as the others */
        bronzeTriggerSeconds: z.number().positive().optional(),
        /** Gold's: readers of lists wait for an export anyway. @default - as the others */
        goldTriggerSeconds: z.number().positive().optional(),
        /** Of what nobody waits for (the records of operations): each look at S3 costs. @default - each contract's own */
        backgroundTriggerSeconds: z.number().positive().optional(),
        /** How often periodic tables are recomputed. @default - each contract's own */
        periodicSeconds: z.number().positive().optional(),
        /** Small files are compacted after so many commits. @default - each contract's own */
        optimiseAfterCommits: z.number().int().positive().optional(),
        /** Whether Glue publishes metrics of its own: JVM heap, CPU, executors. CloudWatch bills them, some 60 series a job. */
        glueMetrics: z.boolean().default(false),
        watchdogMinutes: z.number().int().min(1).default(5),
        /** A job that failed so often within an hour is not started again until one of these is an hour old. */
        restartsPerHour: z.number().int().min(1).default(6),
        /** Hours of the day (UTC) in which the jobs run, for lakes that need not be fresh at night; one that ends before it begins goes over midnight. @default - always */
        window: z
          .object({ fromHour: z.number().int().min(0).max(23), toHour: z.number().int().min(0).max(23) })
          .strict()
          .refine(({ fromHour, toHour }) => fromHour !== toHour, 'a window ends at another hour than it begins; for all hours: always')
          .optional(),
        /** Runs are ended and started anew after so long. @default - they run on */
        restartEveryHours: z.number().int().min(1).optional(),
      })
      .strict()
      .prefault({}),
    athena: z
      .object({
        scanLimitBytes: z
          .number()
          .int()
          .min(10_000_000)
          .default(100 * 1024 ** 3),
      })
      .strict()
      .prefault({}),
    ingestion: z
      .object({
        /** Serve feeds from here instead of their own addresses: `URL/SOURCE`. @default - the contracts' URLs */
        feedsUrl: z.url().refine(isLoopbackUrl, { error: 'recorded feeds are on this machine: a URL of 127.0.0.1 or localhost' }).optional(),
        memoryMiB: z.number().int().min(128).default(512),
        schedules: z.boolean().default(true),
        /** Sources that the hourly flow checks side by side. */
        concurrency: z.number().int().min(1).max(40).default(4),
        /** Before a source that failed is tried again by the flow; doubled the second time. */
        retrySeconds: z.number().int().min(1).default(30),
        /** Tell people of every hourly run, not only of those in which something went wrong. */
        notifyAlways: z.boolean().default(false),
        /** Sources that the contracts leave off (terms, keys) and this stage wants. */
        sourcesOn: z.array(z.string()).default([]),
        /** Sources that the contracts have on and this stage does not want. */
        sourcesOff: z.array(z.string()).default([]),
      })
      .strict()
      .prefault({}),
    publishing: z
      .object({
        /** How often is looked whether the lists have changed; where they have, they are exported. */
        everyMinutes: z.number().int().min(15).default(60),
        schedule: z.boolean().default(true),
      })
      .strict()
      .prefault({}),
    monitoring: z
      .object({
        everyMinutes: z.number().int().min(1).default(15),
        /** How often a canary goes through every layer of every dataset: each is a batch a table. @default - with each look */
        canaryMinutes: z.number().int().min(1).optional(),
        /** Who is told of what must be seen to at once (`page`) and of what can wait (`ticket`). */
        page: subscribersSchema,
        ticket: subscribersSchema,
        /** A queue that receives all notifications as well, for tests and for `sluice status` here. */
        inbox: z.boolean().default(false),
        /** Where docs/runbook.md is read. */
        runbookUrl: z.string().min(1).default('docs/runbook.md'),
        /** USD a month for the account; exceeded or about to be, somebody is told. @default - no budget */
        monthlyBudget: z.number().positive().optional(),
      })
      .strict()
      .prefault({}),
    backup: z
      .object({
        /** Days for which what was overwritten or deleted in lake and landing can be brought back. @default - no versions are kept */
        versionsDays: z.number().int().min(1).optional(),
        /** Days that daily copies of lake, landing and state table are kept by AWS Backup, which needs versions. @default - none are made */
        dailyDays: z.number().int().min(1).optional(),
      })
      .strict()
      .refine(({ versionsDays, dailyDays }) => dailyDays === undefined || versionsDays !== undefined, {
        error: 'AWS Backup copies only buckets that keep versions: give versionsDays (SLUICE_VERSIONS_DAYS) too',
        path: ['dailyDays'],
      })
      .prefault({}),
    /** Keep buckets, tables, keys and the broker when their stack is deleted. */
    retainData: z.boolean().default(true),
    /** The second word: data is deleted with its stack only if `retainData` is false and this names the stage. */
    deleteDataOf: z.enum(STAGES).optional(),
    terminationProtection: z.boolean().default(false),
    /** What the platform under the stage can do. AWS can do it all; the emulator lacks some. */
    capabilities: z
      .object({
        vpc: z.boolean().default(true),
        securityConfiguration: z.boolean().default(true),
        namedQueries: z.boolean().default(true),
        autoDeleteObjects: z.boolean().default(true),
        cdn: z.boolean().default(true),
        compositeAlarms: z.boolean().default(true),
        budgets: z.boolean().default(true),
        notificationKey: z.boolean().default(true),
        backup: z.boolean().default(true),
      })
      .strict()
      .prefault({}),
    /** The front door of the AWS on this machine, which functions reach even inside an emulator that we did not start. */
    local: z.object({ awsEndpoint: z.url() }).strict().optional(),
  })
  .strict()
  .superRefine(({ region, network: { zones = [], vpcId }, account, broker }, context) => {
    const elsewhere = zones.filter((zone) => region !== undefined && !new RegExp(`^${region}[a-z]$`).test(zone));
    if (elsewhere.length > 0) context.addIssue({ code: 'custom', path: ['network', 'zones'], message: `${elsewhere.join(', ')} is not in ${region}` });
    if (broker.kind === 'provisioned' && zones.length > 0 && broker.brokers % zones.length !== 0)
      context.addIssue({ code: 'custom', path: ['network', 'zones'], message: `${broker.brokers} brokers do not spread evenly over ${zones.length} zones` });
    if (vpcId !== undefined && (account === undefined || region === undefined))
      context.addIssue({
        code: 'custom',
        path: ['network', 'vpcId'],
        message:
          'a VPC is looked up, for which account and region must be known: ./sluice deploy and npx cdk know those of the credentials, else set SLUICE_ACCOUNT and SLUICE_REGION',
      });
  });

export type Config = z.infer<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;

/** What the AWS on this machine is and lacks, whichever stage is deployed to it. */
const THIS_MACHINE = {
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
  publishing: { schedule: false },
  monitoring: { inbox: true },
  ingestion: { retrySeconds: 2 },
} satisfies Omit<ConfigInput, 'stage' | 'profile'>;

/** Sizes: what a lake costs and how fresh it is. `sluice cost --profile` says the price. */
const PROFILE_DEFAULTS: Record<Profile, Pick<ConfigInput, 'backup' | 'broker' | 'network' | 'medallion' | 'monitoring' | 'publishing'>> = {
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
      backgroundTriggerSeconds: 900,
      periodicSeconds: 300,
      window: { fromHour: 5, toHour: 20 },
    },
    monitoring: { canaryMinutes: 60 },
    publishing: { everyMinutes: 360 },
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
const STAGE_DEFAULTS: Record<Stage, { readonly profile: Profile } & Partial<Omit<ConfigInput, 'stage' | 'profile'>>> = {
  local: { profile: 'tiny', retainData: false, deleteDataOf: 'local' },
  dev: { profile: 'tiny', retainData: true },
  prod: { profile: 'prod', terminationProtection: true },
};

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

function booleanOf(env: Environment, name: keyof typeof ENVIRONMENT): boolean | undefined {
  const text = env[name];
  if (text === undefined || text === 'true' || text === 'false') return text === undefined ? undefined : text === 'true';
  throw new Error(`${name} is "${text}": use true or false`);
}

/** `6-22`, hours of the day; `always`. What is none is left to the schema, which says so. */
function windowOf(text: string): { fromHour: number; toHour: number } | undefined {
  if (text === 'always') return undefined;
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text.trim()) ?? [];
  return { fromHour: Number(from), toHour: Number(to) };
}

const listOf = (text: string | undefined): string[] | undefined => (text === undefined ? undefined : commaList(text));

function subscribersOf(emails: string | undefined, urls: string | undefined, slack: string | undefined): z.input<typeof subscribersSchema> {
  const [workspaceId = '', channelId = ''] = slack?.split('/') ?? [];
  return { emails: listOf(emails) ?? [], urls: listOf(urls) ?? [], ...(slack === undefined ? {} : { slack: { workspaceId, channelId } }) };
}

function brokerOf(env: Environment, fallback: ConfigInput['broker']): ConfigInput['broker'] {
  if (env.SLUICE_KAFKA_BOOTSTRAP_SERVERS && fallback.kind === 'plain') return { kind: 'plain', bootstrapServers: env.SLUICE_KAFKA_BOOTSTRAP_SERVERS };
  // Half of a cluster is refused by the schema, which names the other half.
  if (env.SLUICE_MSK_BOOTSTRAP_SERVERS ?? env.SLUICE_MSK_CLUSTER_ARN ?? env.SLUICE_MSK_SECURITY_GROUP_ID) {
    return {
      kind: 'existing',
      bootstrapServers: env.SLUICE_MSK_BOOTSTRAP_SERVERS ?? '',
      clusterArn: env.SLUICE_MSK_CLUSTER_ARN ?? '',
      securityGroupId: env.SLUICE_MSK_SECURITY_GROUP_ID ?? '',
    };
  }
  if (env.SLUICE_BROKER === undefined || env.SLUICE_BROKER === fallback.kind) return fallback;
  if (env.SLUICE_BROKER === 'serverless' || env.SLUICE_BROKER === 'provisioned') return { kind: env.SLUICE_BROKER };
  throw new Error(`SLUICE_BROKER is "${env.SLUICE_BROKER}": use provisioned or serverless`);
}

/**
 * The configuration of a stage. Variables that are empty or do not concern the stage count as not set.
 *
 * @throws Error naming each value that is wrong, the variable that it comes from and what it takes
 */
export function loadConfig(stage: string, environment: Environment = {}): Config {
  if (!(STAGES as readonly string[]).includes(stage)) throw new Error(`unknown stage "${stage}": use -c stage=${STAGES.join(' | ')}`);
  const onThisMachine = stage === 'local' || booleanOf(concerning({ onThisMachine: false, deployed: true }, environment), 'SLUICE_REHEARSAL') === true;
  const { SLUICE_FEEDS_URL: feedsUrl } = environment;
  if (!onThisMachine && feedsUrl !== undefined && feedsUrl !== '')
    throw new Error(
      `SLUICE_FEEDS_URL is set, and stage "${stage}" is on AWS: recorded feeds are for this machine, sources there are fetched from where they are. Unset it (and look into .env)`,
    );
  const env = concerning({ onThisMachine, deployed: stage !== 'local' }, environment);
  const ofStage = STAGE_DEFAULTS[stage as Stage];
  const profile = env.SLUICE_PROFILE ?? ofStage.profile;
  if (!(PROFILES as readonly string[]).includes(profile)) throw new Error(`SLUICE_PROFILE is "${profile}": use ${PROFILES.join(', ')}`);
  const defaults: Omit<ConfigInput, 'stage' | 'profile'> = { ...PROFILE_DEFAULTS[profile as Profile], ...ofStage, ...(onThisMachine ? THIS_MACHINE : {}) };
  const given = <T extends object>(values: T): Partial<T> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
  const input = {
    ...defaults,
    stage,
    profile,
    ...given({
      account: env.SLUICE_ACCOUNT,
      region: env.SLUICE_REGION,
      deleteDataOf: env.SLUICE_DELETE_DATA_OF,
      retainData: booleanOf(env, 'SLUICE_RETAIN_DATA'),
      terminationProtection: booleanOf(env, 'SLUICE_TERMINATION_PROTECTION'),
    }),
    broker: brokerOf(env, defaults.broker),
    network: { ...defaults.network, ...given({ vpcId: env.SLUICE_VPC_ID, zones: listOf(env.SLUICE_ZONES) }) },
    backup: { ...defaults.backup, ...given({ versionsDays: numberOf(env.SLUICE_VERSIONS_DAYS), dailyDays: numberOf(env.SLUICE_BACKUP_DAYS) }) },
    medallion: {
      ...defaults.medallion,
      ...given({
        layout: env.SLUICE_LAYOUT,
        watchdogMinutes: numberOf(env.SLUICE_WATCHDOG_MINUTES),
        restartsPerHour: numberOf(env.SLUICE_RESTARTS_PER_HOUR),
        optimiseAfterCommits: numberOf(env.SLUICE_OPTIMISE_AFTER_COMMITS),
        periodicSeconds: numberOf(env.SLUICE_PERIODIC_SECONDS),
        goldTriggerSeconds: numberOf(env.SLUICE_GOLD_TRIGGER_SECONDS),
        glueMetrics: booleanOf(env, 'SLUICE_GLUE_METRICS'),
      }),
      ...(env.SLUICE_WINDOW === undefined ? {} : { window: windowOf(env.SLUICE_WINDOW) }),
    },
    publishing: { ...defaults.publishing, ...given({ everyMinutes: numberOf(env.SLUICE_EXPORT_MINUTES) }) },
    ingestion: {
      ...defaults.ingestion,
      ...given({
        feedsUrl: env.SLUICE_FEEDS_URL,
        notifyAlways: booleanOf(env, 'SLUICE_NOTIFY_ALWAYS'),
        sourcesOn: listOf(env.SLUICE_SOURCES_ON),
        sourcesOff: listOf(env.SLUICE_SOURCES_OFF),
      }),
    },
    monitoring: {
      ...defaults.monitoring,
      ...given({
        everyMinutes: numberOf(env.SLUICE_MONITOR_MINUTES),
        runbookUrl: env.SLUICE_RUNBOOK_URL,
        monthlyBudget: numberOf(env.SLUICE_MONTHLY_BUDGET),
        page: subscribersOf(env.SLUICE_PAGE_EMAILS, env.SLUICE_PAGE_URLS, env.SLUICE_PAGE_SLACK),
        ticket: subscribersOf(env.SLUICE_TICKET_EMAILS, env.SLUICE_TICKET_URLS, undefined),
      }),
    },
    ...(onThisMachine ? { local: { awsEndpoint: env.SLUICE_AWS_ENDPOINT ?? 'http://127.0.0.1:4566' } } : {}),
  };
  const parsed = configSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}${sayVariable(path.join('.'), env)}`);
  throw new Error(`configuration of stage "${stage}" is not valid:\n${wrong.join('\n')}`);
}

/** Whether data goes with its stack. Config must say so twice. */
export const deletesData = (config: Config): boolean => !config.retainData && config.deleteDataOf === config.stage;

/** Minutes between two canaries of a dataset. */
export const canaryMinutes = ({ monitoring }: Pick<Config, 'monitoring'>): number => Math.max(monitoring.everyMinutes, monitoring.canaryMinutes ?? 0);

const MONTH_HOURS = 730;

/** Hours of a month (730) in which the streaming jobs run. */
export function hoursAwake({ medallion: { window } }: Pick<Config, 'medallion'>): number {
  if (window === undefined) return MONTH_HOURS;
  return (MONTH_HOURS * ((window.toHour - window.fromHour + 24) % 24 || 24)) / 24;
}

/** `sluice-dev-NAME`: every physical name carries app and stage, so that stages share an account. */
export const physicalName = ({ app, stage }: Pick<Config, 'app' | 'stage'>, name: string): string => `${app}-${stage}-${name}`;

/** What stands before a layer's name in its Glue database: `sluice_dev_`; nothing on the local stage. */
export const databasePrefix = ({ app, stage }: Pick<Config, 'app' | 'stage'>): string => (stage === 'local' ? '' : `${app}_${stage}_`);

/** The Glue database of a layer: `sluice_dev_gold`; on the local stage plain `gold`. */
export const databaseName = (config: Pick<Config, 'app' | 'stage'>, layer: string): string => `${databasePrefix(config)}${layer}`;

/** What is allowed and likely not meant, for whoever deploys. */
export function warningsOf({ stage, monitoring: { page, ticket } }: Config): string[] {
  if (stage === 'local') return [];
  const nobody = ({ emails, urls, slack }: Config['monitoring']['page']) => emails.length === 0 && urls.length === 0 && slack === undefined;
  if (!nobody(page)) return [];
  return [
    `nobody is told when stage ${stage} stands still${nobody(ticket) ? ', nor of anything else' : ''}: set SLUICE_PAGE_EMAILS, SLUICE_PAGE_URLS or SLUICE_PAGE_SLACK in .env, and deploy again`,
  ];
}
