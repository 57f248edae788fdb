import type { Dataset } from './dataset.js';
import { WRITERS } from './writers.js';

/** What a metric is told of: its dimensions, by the name that CloudWatch shows. */
export type Dimension = 'Check' | 'Component' | 'Layer' | 'Dataset' | 'Source' | 'Job';

/**
 * How a value goes out. CloudWatch bills each series, a name with its dimensions' values, for every hour in which it is sent:
 *
 * `always`: a series that is sent as long as all runs;
 * `wrong`: a series that is sent while its value is above `wrongAbove`, and once more when it no longer is, for its alarm;
 * `detail`: no series: a field of a log line, a value of /metrics, a row of `ops`.
 */
export type Told = { readonly told: 'always' } | { readonly told: 'wrong'; readonly wrongAbove: number } | { readonly told: 'detail' };

export type MetricUnit = 'Count' | 'Milliseconds' | 'Percent' | 'None';

export type MetricSpec = Told & {
  readonly name: string;
  readonly of: readonly Dimension[];
  readonly unit: MetricUnit;
  readonly means: string;
  /** Told of datasets that a topic feeds, and of no derived one. */
  readonly fed?: true;
};

const always = { told: 'always' } as const;
const detail = { told: 'detail' } as const;
const wrong = (wrongAbove: number) => ({ told: 'wrong', wrongAbove }) as const;

/** A query of a running job that says nothing for so long hangs. */
export const STALL_MINUTES = 10;
/** A source is overdue after so many of its own cadences without a good check. */
export const OVERDUE_CADENCES = 3;
/** Where the oldest record that waits has used up so much of its topic's retention, it is in danger. */
export const RETENTION_PERCENT = 50;

/** What the ingest function measures of a check. */
export const INGEST = {
  refused: { ...wrong(0), name: 'BodyRefused', of: ['Source'], unit: 'Count', means: '1 where the last body was set aside instead of believed' },
  failed: { ...detail, name: 'CheckFailed', of: ['Source'], unit: 'Count', means: '1 for a check that failed' },
  good: { ...detail, name: 'CheckGood', of: ['Source'], unit: 'Count', means: '1 for a good check' },
  entries: { ...detail, name: 'Entries', of: ['Source'], unit: 'Count', means: 'entries of the list' },
  rejects: { ...detail, name: 'Rejects', of: ['Source'], unit: 'Count', means: 'rows of the list that are none' },
  produced: { ...detail, name: 'RecordsProduced', of: ['Source'], unit: 'Count', means: 'records that the check sent' },
  durationMs: { ...detail, name: 'CheckDuration', of: ['Source'], unit: 'Milliseconds', means: 'how long the check took' },
} as const satisfies Record<string, MetricSpec>;

/** What a Spark driver measures. Of each batch with its phases its log has a line, of each dataset the ledger a row. */
export const DRIVER = {
  inputRows: { ...always, name: 'InputRows', of: ['Job'], unit: 'Count', means: 'rows that its queries read in a minute' },
  batchMs: { ...always, name: 'BatchDuration', of: ['Job'], unit: 'Milliseconds', means: 'longest batch of a minute' },
  workersAlive: { ...always, name: 'WorkersAlive', of: ['Job'], unit: 'Count', means: 'driver and executors that are there' },
  residual: { ...wrong(0), name: 'LedgerResidual', of: ['Dataset'], unit: 'Count', means: 'records of a batch that are in no count, or in two' },
  leftOut: { ...wrong(0), name: 'DatasetsLeftOut', of: ['Job'], unit: 'Count', means: 'datasets whose code is missing or broken, which a job leaves out' },
  quarantinePercent: { ...wrong(0), name: 'QuarantinePercent', of: ['Dataset'], unit: 'Percent', means: 'part of the records that was set aside' },
} as const satisfies Record<string, MetricSpec>;

/** What the monitor measures. */
export const MONITOR = {
  run: { ...always, name: 'MonitorRun', of: [], unit: 'Count', means: "1 for each run: the monitor's heartbeat" },
  health: { ...always, name: 'ComponentHealth', of: ['Component'], unit: 'None', means: '1 well, 0.5 degraded, 0 failed' },
  pipelineHealth: { ...always, name: 'PipelineHealth', of: [], unit: 'Percent', means: 'mean of the components' },
  layerFreshness: { ...always, name: 'LayerFreshnessMinutes', of: ['Layer'], unit: 'None', means: 'age of the oldest record that waits, of all datasets' },
  monthToDateCost: { ...always, name: 'MonthToDateCost', of: [], unit: 'None', means: 'USD of the account this month' },
  failing: { ...wrong(0), name: 'CheckFailing', of: ['Check'], unit: 'Count', means: '1 where a check failed' },
  freshnessPercent: {
    ...wrong(100),
    name: 'FreshnessPercent',
    of: ['Dataset'],
    unit: 'Percent',
    means: 'age of the oldest record that waits, of what its layer allows; the worst layer',
  },
  canaryPercent: { ...wrong(100), name: 'CanaryAgePercent', of: ['Dataset'], unit: 'Percent', means: 'age of the newest canary, of what its layer allows; the worst layer' },
  lagRetentionPercent: {
    ...wrong(RETENTION_PERCENT),
    fed: true,
    name: 'LagRetentionPercent',
    of: ['Dataset'],
    unit: 'Percent',
    means: 'part of the retention that the oldest waiting record has used',
  },
  offsetGaps: { ...wrong(0), fed: true, name: 'OffsetGaps', of: ['Dataset'], unit: 'Count', means: 'batches of the last week that do not follow each other' },
  runsShort: { ...wrong(0), fed: true, name: 'RunsShort', of: ['Dataset'], unit: 'Count', means: 'runs of which Bronze lacks records' },
  sourceOverdue: { ...wrong(OVERDUE_CADENCES), name: 'SourceOverdue', of: ['Source'], unit: 'None', means: "time since a source's last good check, in its own cadences" },
  progressAgeMinutes: { ...wrong(STALL_MINUTES), name: 'ProgressAgeMinutes', of: ['Job'], unit: 'None', means: 'minutes since the slowest query of a job said anything' },
  lastRun: { ...detail, name: 'LastRunTimestamp', of: [], unit: 'None', means: 'when the monitor ended, seconds since 1970' },
  failedChecks: { ...detail, name: 'FailedChecks', of: [], unit: 'Count', means: 'checks that failed' },
  freshnessMinutes: { ...detail, name: 'FreshnessMinutes', of: ['Dataset', 'Layer'], unit: 'None', means: 'age of the oldest record that waits for a layer' },
  canaryAgeMinutes: { ...detail, name: 'CanaryAgeMinutes', of: ['Dataset', 'Layer'], unit: 'None', means: 'age of the newest canary in a layer' },
  lagRecords: { ...detail, name: 'LagRecords', of: ['Dataset', 'Layer'], unit: 'Count', means: 'records that wait for a layer' },
  topicRecords: { ...detail, name: 'TopicRecords', of: ['Dataset'], unit: 'Count', means: 'records that the topic it comes of has taken since it was made' },
  recordsPerSecond: { ...detail, name: 'RecordsPerSecond', of: ['Dataset', 'Layer'], unit: 'None', means: 'records that a layer has dealt with, a second, of late' },
  secondsLeft: { ...detail, name: 'SecondsLeft', of: ['Dataset', 'Layer'], unit: 'None', means: 'until what waits for a layer is there, at that rate; untold where nothing moves' },
  roundTripMs: { ...detail, name: 'KafkaRoundTrip', of: [], unit: 'Milliseconds', means: 'a record to Kafka and back' },
  tableFiles: { ...detail, name: 'TableFiles', of: ['Dataset', 'Layer'], unit: 'Count', means: 'live files of a table' },
  tableBytes: { ...detail, name: 'TableBytes', of: ['Dataset', 'Layer'], unit: 'None', means: 'their bytes' },
  commitAgeMinutes: {
    ...detail,
    name: 'CommitAgeMinutes',
    of: ['Dataset', 'Layer'],
    unit: 'None',
    means: 'minutes since anything was written; what is fresh is told by freshness',
  },
} as const satisfies Record<string, MetricSpec>;

/** What the watchdog measures. */
export const WATCHDOG = {
  run: { ...always, name: 'WatchdogRun', of: [], unit: 'Count', means: "1 for each run: the watchdog's heartbeat" },
  jobRunning: { ...always, name: 'JobRunning', of: ['Job'], unit: 'Count', means: '1 where a job runs or is meant not to' },
  restarts: { ...detail, name: 'JobRestarts', of: ['Job'], unit: 'Count', means: '1 where it was started' },
  limited: { ...detail, name: 'RestartLimited', of: ['Job'], unit: 'Count', means: '1 where it may not be started again yet: it was too often' },
} as const satisfies Record<string, MetricSpec>;

/** Every value that any part of a stage measures: emitters, alarms, dashboards and `sluice cost` read this and nothing beside it. */
export const METRICS: readonly MetricSpec[] = [INGEST, DRIVER, MONITOR, WATCHDOG].flatMap((group) => Object.values(group) as MetricSpec[]);

const BY_NAME = new Map(METRICS.map((spec) => [spec.name, spec]));

/** @throws Error where no metric has the name, or where its dimensions are others */
export function metricSpec(name: string, dimensions: Readonly<Record<string, string>>): MetricSpec {
  const spec = BY_NAME.get(name);
  if (spec === undefined) throw new Error(`metric "${name}" is not declared: add it to contracts/metrics.ts, where its cost is counted`);
  const given = Object.keys(dimensions);
  if (given.length !== spec.of.length || spec.of.some((dimension) => dimensions[dimension] === undefined))
    throw new Error(`metric "${name}" is told of ${spec.of.join(', ') || 'the stage'}, not of ${given.join(', ') || 'the stage'} (contracts/metrics.ts)`);
  return spec;
}

export const CHECKS = ['storage', 'kafka', 'jobs', 'freshness', 'quality', 'cost'] as const;
export const COMPONENTS = ['Storage', 'Kafka', 'Spark', 'Bronze', 'Silver', 'Gold'] as const;

/** What there is on a stage to tell of. */
export interface MetricScope {
  readonly datasets: readonly Pick<Dataset, 'name' | 'sources' | 'derived'>[];
  /** Names of the sources that are checked. */
  readonly sources: readonly string[];
  /** Full names of the streaming jobs. */
  readonly jobs: readonly string[];
}

export interface Series {
  readonly spec: MetricSpec;
  readonly dimensions: Readonly<Record<string, string>>;
  /** The dataset it is about; null where it is about what all stand on. */
  readonly dataset: string | null;
}

/** Every series that a stage can send. */
export function seriesOf({ datasets, sources, jobs }: MetricScope): Series[] {
  const values: Readonly<Record<Dimension, readonly string[]>> = {
    Check: CHECKS,
    Component: COMPONENTS,
    Layer: WRITERS,
    Dataset: datasets.map(({ name }) => name),
    Source: sources,
    Job: jobs,
  };
  const datasetOf = ({ Dataset, Source }: Readonly<Record<string, string>>): string | null =>
    Dataset ?? datasets.find((dataset) => dataset.sources.some(({ name }) => name === Source))?.name ?? null;
  return METRICS.filter(({ told }) => told !== 'detail').flatMap((spec) => {
    const combined = spec.of.reduce<Record<string, string>[]>((all, dimension) => all.flatMap((each) => values[dimension].map((value) => ({ ...each, [dimension]: value }))), [{}]);
    const isTold = ({ Dataset: name }: Readonly<Record<string, string>>) => !spec.fed || datasets.find((dataset) => dataset.name === name)?.derived === undefined;
    return combined.filter(isTold).map((dimensions) => ({ spec, dimensions, dataset: datasetOf(dimensions) }));
  });
}
