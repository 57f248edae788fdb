/** Names of what the ingest function measures; alarms and dashboards import them. */
export const INGEST_METRICS = {
  /** 1 for each body that was set aside instead of believed. */
  refused: 'BodyRefused',
  failed: 'CheckFailed',
  good: 'CheckGood',
  entries: 'Entries',
  rejects: 'Rejects',
  produced: 'RecordsProduced',
  durationMs: 'CheckDuration',
} as const;

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
  values: Readonly<Record<string, readonly [value: number, unit: 'Count' | 'Milliseconds']>>,
  time: number,
): string {
  const Metrics = Object.entries(values).map(([Name, [, Unit]]) => ({ Name, Unit }));
  return JSON.stringify({
    _aws: { Timestamp: time, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }] },
    ...dimensions,
    ...Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value])),
  });
}
