import { concerning, type Environment, sayVariable } from '../environment.js';
import { PROFILE_DEFAULTS, STAGE_DEFAULTS, THIS_MACHINE } from './defaults.js';
import { booleanOf, brokerOf, listOf, numberOf, subscribersOf, windowOf } from './read.js';
import { type Config, type ConfigInput, configSchema, PROFILES, type Profile, STAGES, type Stage } from './schema.js';

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
        backgroundTriggerSeconds: numberOf(env.SLUICE_BACKGROUND_TRIGGER_SECONDS),
        glueMetrics: booleanOf(env, 'SLUICE_GLUE_METRICS'),
      }),
      ...(env.SLUICE_WINDOW === undefined ? {} : { window: windowOf(env.SLUICE_WINDOW) }),
    },
    export: { ...defaults.export, ...given({ everyMinutes: numberOf(env.SLUICE_EXPORT_MINUTES) }) },
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
