/** Variables of the environment, or of a `.env` file. */
export type Environment = Readonly<Partial<Record<string, string>>>;

/**
 * Where a variable has a meaning: `aws`: a stage on a real AWS account; `deployed`: dev and prod, their rehearsal here
 * included; `everywhere`; `here`: the AWS on this machine. Where it has none it is not read, so that one `.env` serves all.
 */
type Concern = 'aws' | 'deployed' | 'everywhere' | 'here';

interface Variable {
  readonly meaning: string;
  readonly concern: Concern;
  /** Where the configuration holds it; what is wrong there is said of the variable. @default - it is none of its values */
  readonly path?: string;
}

const of = (concern: Concern, path: string | undefined, meaning: string): Variable => ({ concern, meaning, ...(path === undefined ? {} : { path }) });

/** Environment variables that change the configuration; `.env.example` is made from them. */
export const ENVIRONMENT = {
  SLUICE_ACCOUNT: of('aws', 'account', 'AWS account to deploy to (12 digits); default: that of the credentials'),
  SLUICE_REGION: of('aws', 'region', 'AWS region to deploy to; default: that of the credentials'),
  SLUICE_BROKER: of('aws', 'broker.kind', 'provisioned (default) or serverless: the kind of MSK cluster'),
  SLUICE_VPC_ID: of('aws', 'network.vpcId', 'an existing VPC to use instead of a new one (vpc-...)'),
  SLUICE_ZONES: of(
    'aws',
    'network.zones',
    'two or three availability zones for network and broker, separated by commas, where the first ones have no MSK; default: the first ones',
  ),
  SLUICE_MSK_BOOTSTRAP_SERVERS: of('aws', 'broker.bootstrapServers', 'an existing MSK cluster: its IAM bootstrap servers'),
  SLUICE_MSK_CLUSTER_ARN: of('aws', 'broker.clusterArn', 'an existing MSK cluster: its ARN'),
  SLUICE_MSK_SECURITY_GROUP_ID: of('aws', 'broker.securityGroupId', 'an existing MSK cluster: its security group'),
  SLUICE_PROFILE: of('deployed', 'profile', 'tiny (default of dev), standard or prod: size and price; sluice cost says what each costs'),
  SLUICE_LAYOUT: of('everywhere', 'medallion.layout', 'combined or separate: one Glue job for all layers, or one per layer'),
  SLUICE_WATCHDOG_MINUTES: of('everywhere', 'medallion.watchdogMinutes', 'how often the watchdog looks whether the Spark jobs run'),
  SLUICE_RESTARTS_PER_HOUR: of('everywhere', 'medallion.restartsPerHour', 'how often a failing Spark job is started again within an hour; default 6'),
  SLUICE_OPTIMISE_AFTER_COMMITS: of('everywhere', 'medallion.optimiseAfterCommits', 'after how many commits small files are compacted; default: as contracted, 200'),
  SLUICE_MONITOR_MINUTES: of('everywhere', 'monitoring.everyMinutes', 'how often the monitor looks at everything; default 15'),
  SLUICE_PAGE_EMAILS: of('deployed', 'monitoring.page.emails', 'e-mail addresses for alarms that must be seen to at once, separated by commas'),
  SLUICE_PAGE_URLS: of('deployed', 'monitoring.page.urls', 'HTTPS endpoints for the same (PagerDuty and its kin), separated by commas'),
  SLUICE_TICKET_EMAILS: of('deployed', 'monitoring.ticket.emails', 'e-mail addresses for alarms that can wait, separated by commas'),
  SLUICE_TICKET_URLS: of('deployed', 'monitoring.ticket.urls', 'HTTPS endpoints for the same, separated by commas'),
  SLUICE_PAGE_SLACK: of('deployed', 'monitoring.page.slack', 'a Slack channel for alarms that must be seen to at once, as WORKSPACE/CHANNEL (T.../C...)'),
  SLUICE_NOTIFY_ALWAYS: of('everywhere', 'ingestion.notifyAlways', 'true: tell of every hourly run, not only of those in which something went wrong'),
  SLUICE_RUNBOOK_URL: of('everywhere', 'monitoring.runbookUrl', 'where docs/runbook.md is read; alarms link to its sections'),
  SLUICE_MONTHLY_BUDGET: of('deployed', 'monitoring.monthlyBudget', 'USD a month that the account may cost before somebody is told'),
  SLUICE_PERIODIC_SECONDS: of('everywhere', 'medallion.periodicSeconds', 'how often daily counts and source quality are recomputed; default: as contracted, every 120 s here'),
  SLUICE_GOLD_TRIGGER_SECONDS: of(
    'everywhere',
    'medallion.goldTriggerSeconds',
    'how often Gold looks for what is new; each look costs requests to S3; default: 30 in tiny, else as contracted',
  ),
  SLUICE_BACKGROUND_TRIGGER_SECONDS: of(
    'everywhere',
    'medallion.backgroundTriggerSeconds',
    'the same for what nobody waits for (records of operations, catalogues); default: 1200 in tiny on AWS, else as contracted',
  ),
  SLUICE_WINDOW: of('aws', 'medallion.window', 'hours of the day (UTC) in which the Spark jobs run, as 6-22, or always; default: 5-20 in tiny, else always'),
  SLUICE_EXPORT_MINUTES: of('everywhere', 'export.everyMinutes', 'how often lists that changed are exported; default: 360 in tiny, else 60'),
  SLUICE_GLUE_METRICS: of('deployed', 'medallion.glueMetrics', 'true: Glue publishes metrics of its own, some 64 series a job that are billed; default: true in prod alone'),
  SLUICE_SOURCES_ON: of('everywhere', 'ingestion.sourcesOn', 'sources to check that are off by default (their terms or keys are then yours to mind), separated by commas'),
  SLUICE_SOURCES_OFF: of('everywhere', 'ingestion.sourcesOff', 'sources not to check, separated by commas'),
  SLUICE_SOURCE_KEYS: of('everywhere', undefined, 'keys for ./sluice sources --probe before a stage has them, as SECRET=KEY separated by commas (abuse-ch=...)'),
  SLUICE_VERSIONS_DAYS: of(
    'aws',
    'backup.versionsDays',
    'days for which what was overwritten or deleted in lake and landing can be brought back; default: 7 in standard, 30 in prod, none in tiny',
  ),
  SLUICE_BACKUP_DAYS: of('aws', 'backup.dailyDays', 'days that daily copies (AWS Backup) of lake, landing and state table are kept; default: none are made'),
  SLUICE_RETAIN_DATA: of('deployed', 'retainData', 'false, together with SLUICE_DELETE_DATA_OF=STAGE: delete the data with its stacks'),
  SLUICE_DELETE_DATA_OF: of('deployed', 'deleteDataOf', 'the stage whose data may be deleted'),
  SLUICE_TERMINATION_PROTECTION: of('deployed', 'terminationProtection', 'whether stacks that hold data refuse to be deleted; default: true of prod, false of dev'),
  SLUICE_REHEARSAL: of('deployed', undefined, 'true: deploy dev or prod to the AWS on this machine, with what that lacks (MSK, VPC, CloudFront) left out'),
  SLUICE_KAFKA_BOOTSTRAP_SERVERS: of('here', 'broker.bootstrapServers', 'local stage: the broker (set by ./sluice)'),
  SLUICE_AWS_ENDPOINT: of('here', 'local.awsEndpoint', 'local stage: the front door (set by ./sluice)'),
  SLUICE_FEEDS_URL: of('everywhere', 'ingestion.feedsUrl', 'local stage: the server of recorded feeds (set by ./sluice)'),
} as const satisfies Record<string, Variable>;

/** Names that the command line reads, and what each takes. */
const OF_THE_COMMAND_LINE = {
  SLUICE_HOME: 'the folder of the lake on this machine; default: .sluice in the project',
  SLUICE_FEEDS: 'a folder of recorded feeds that the lake on this machine looks into before the generated ones',
  SLUICE_DRIVER_MEMORY: 'heap of each Spark driver on this machine (1400m)',
  SLUICE_DEBUG: 'true: errors are told with their stacks',
} as const;

/** Names that the installer and the tests read. */
const OTHER_NAMES = [
  'SLUICE_CACHE',
  'SLUICE_CONTRACTS',
  'SLUICE_ENV_FILE',
  'SLUICE_FAULTS',
  'SLUICE_KEEP_TESTS',
  'SLUICE_KILLS',
  'SLUICE_PYTHON',
  'SLUICE_ROOT',
  'SLUICE_RULE_SQL',
  'SLUICE_RUN_FOLDER',
  'SLUICE_SEED',
  'SLUICE_SHARED_DATA',
  'SLUICE_SIZE_NAMES',
] as const;

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(ENVIRONMENT), ...Object.keys(OF_THE_COMMAND_LINE), ...OTHER_NAMES]);

/** Names of ours in an environment that nothing reads: mistyped, or of another version. */
export const unknownNames = (env: Environment): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('SLUICE_') && !KNOWN.has(name))
    .sort();

/** The variables that have a meaning for a stage, without those that are empty. */
export function concerning({ onThisMachine, deployed }: { readonly onThisMachine: boolean; readonly deployed: boolean }, env: Environment): Environment {
  const concerns: Record<Concern, boolean> = { aws: !onThisMachine, deployed, everywhere: true, here: onThisMachine };
  const variables: [string, Variable][] = Object.entries(ENVIRONMENT);
  return Object.fromEntries(variables.flatMap(([name, { concern }]) => (concerns[concern] && env[name] ? [[name, env[name]]] : [])));
}

/** What there is to say of the variable that a place in the configuration comes from; nothing where it comes from none. */
export function sayVariable(path: string, env: Environment): string {
  const ofPath = (Object.entries(ENVIRONMENT) as [string, Variable][]).filter(([, variable]) => variable.path !== undefined && `${path}.`.startsWith(`${variable.path}.`));
  const [name, { meaning }] = ofPath.find(([each]) => env[each] !== undefined) ?? ofPath[0] ?? ['', { meaning: '' }];
  if (name === '') return '';
  const value = env[name];
  return `\n    ${name} is ${value === undefined ? 'not set' : `"${value}"`}. It takes: ${meaning}. Set it so in .env or in the environment, or take it out`;
}

/** The parts of `a, b`, blanks around them taken off. */
export const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** `.env.example`, generated. */
export function renderEnvExample(): string {
  const meanings = [...Object.entries(ENVIRONMENT).map(([name, { meaning }]) => [name, meaning]), ...Object.entries(OF_THE_COMMAND_LINE)];
  const lines = meanings.map(([name, meaning]) => `# ${meaning}\n#${name}=\n`);
  const head =
    '# Generated from lib/environment.ts by ./sluice format. Copy to .env, which git ignores, and uncomment what you change. The CDK app and\n' +
    '# ./sluice read it; what the environment sets already wins; the stage on this machine takes what concerns it.\n';
  return `${head}\n${lines.join('\n')}`;
}
