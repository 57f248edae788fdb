/** Names of what the ingest function measures; alarms and dashboards import them. */
export const INGEST_METRICS = {
  /** 1 for each body that was set aside instead of believed; told again by the monitor until it is mended. */
  refused: 'BodyRefused',
  failed: 'CheckFailed',
  good: 'CheckGood',
  entries: 'Entries',
  rejects: 'Rejects',
  produced: 'RecordsProduced',
  durationMs: 'CheckDuration',
} as const;

/** What a Spark driver measures (glue-jobs/medallion/metrics.py says the same names). */
export const DRIVER_METRICS = {
  inputRows: 'InputRows',
  batchMs: 'BatchDuration',
  /** Parts of a batch: finding and planning what to read, writing it, and Spark's own log of it. */
  readMs: 'ReadDuration',
  writeMs: 'WriteDuration',
  commitMs: 'CommitDuration',
  /** Of a job's run: driver and executors that are there, and the cores that tasks have. */
  workersAlive: 'WorkersAlive',
  cores: 'Cores',
  lag: 'OffsetLag',
  residual: 'LedgerResidual',
  quarantined: 'QuarantinedRecords',
  quarantinePercent: 'QuarantinePercent',
  maintenanceMs: 'MaintenanceDuration',
} as const;

/** What the monitor measures. */
export const MONITOR_METRICS = {
  /** 1 for each run: the monitor's heartbeat. */
  run: 'MonitorRun',
  /** When it ended, seconds since 1970. */
  lastRun: 'LastRunTimestamp',
  /** 1 where a check failed, by check. */
  failing: 'CheckFailing',
  failedChecks: 'FailedChecks',
  /** 1 well, 0.5 degraded, 0 failed, by component. */
  health: 'ComponentHealth',
  /** 0 to 100: the mean of the components. */
  pipelineHealth: 'PipelineHealth',
  freshnessMinutes: 'FreshnessMinutes',
  lagRecords: 'LagRecords',
  lagRetentionPercent: 'LagRetentionPercent',
  canaryAgeMinutes: 'CanaryAgeMinutes',
  roundTripMs: 'KafkaRoundTrip',
  /** Time since a source's last good check, in its own cadences. */
  sourceOverdue: 'SourceOverdue',
  offsetGaps: 'OffsetGaps',
  runsShort: 'RunsShort',
  /** Minutes since the slowest query of a job said anything. */
  progressAgeMinutes: 'ProgressAgeMinutes',
  monthToDateCost: 'MonthToDateCost',
  /** Of a table, by the end of its log. */
  tableFiles: 'TableFiles',
  tableBytes: 'TableBytes',
  /** Minutes since anything was written; what is fresh is told by freshnessMinutes. */
  commitAgeMinutes: 'CommitAgeMinutes',
} as const;

/** What the watchdog measures. */
export const WATCHDOG_METRICS = {
  run: 'WatchdogRun',
  /** 1 where a job runs or is meant not to. */
  jobRunning: 'JobRunning',
  restarts: 'JobRestarts',
  /** 1 where a job may not be started again yet: it was too often. */
  limited: 'RestartLimited',
} as const;

export type MetricUnit = 'Count' | 'Milliseconds' | 'Percent' | 'None';

export interface MetricValue {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: MetricUnit;
}

/**
 * A log line in CloudWatch's embedded metric format: CloudWatch makes metrics of it without being called
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 *
 * @param values by metric name, with its CloudWatch unit
 * @param time epoch milliseconds
 */
export function embeddedMetrics(
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, readonly [value: number, unit: MetricUnit]>>,
  time: number,
): string {
  const Metrics = Object.entries(values).map(([Name, [, Unit]]) => ({ Name, Unit }));
  return JSON.stringify({
    _aws: { Timestamp: time, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }] },
    ...dimensions,
    ...Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value])),
  });
}

/** {@link embeddedMetrics} of any values: a line for each set of dimensions. */
export function embeddedLines(namespace: string, metrics: readonly MetricValue[], time: number): string[] {
  const lines = new Map<string, { dimensions: Readonly<Record<string, string>>; values: Record<string, readonly [number, MetricUnit]> }>();
  for (const { name, dimensions, value, unit } of metrics) {
    const key = JSON.stringify(dimensions);
    const line = lines.get(key) ?? { dimensions, values: {} };
    lines.set(key, line);
    line.values[name] = [value, unit];
  }
  return [...lines.values()].map(({ dimensions, values }) => embeddedMetrics(namespace, dimensions, values, time));
}
