import { type MetricSpec, type MetricUnit, metricSpec } from '../../contracts/metrics.js';

/** A value of a metric that contracts/metrics.ts declares. */
export interface MetricValue {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: MetricUnit;
}

type DimensionsOf<S extends MetricSpec> = { readonly [D in S['of'][number]]: string };

/** A value of a declared metric. */
export function metric<S extends MetricSpec>(spec: S, value: number, ...[dimensions]: [] extends S['of'] ? [] : [DimensionsOf<S>]): MetricValue {
  return { name: spec.name, value, dimensions: { ...dimensions }, unit: spec.unit };
}

/** What a metric was the last time; undefined where nobody knows. */
export type Before = (metric: MetricValue) => number | undefined;

/**
 * Whether a value goes to CloudWatch as one of a series, which is billed, or stays a field of the log: a series that is
 * told while it is wrong is told once more when it no longer is, or where nobody knows whether it was, so that its alarm clears.
 */
export function isTold(value: MetricValue, before: Before): boolean {
  const spec = metricSpec(value.name, value.dimensions);
  if (spec.told !== 'wrong') return spec.told === 'always';
  return value.value > spec.wrongAbove || (before(value) ?? Number.POSITIVE_INFINITY) > spec.wrongAbove;
}

/**
 * A log line in CloudWatch's embedded metric format: CloudWatch makes metrics of it without being called
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 *
 * @param values of one set of dimensions; those that are not `told` are fields of the line, and no metrics
 * @param time epoch milliseconds
 */
export function embeddedMetrics(namespace: string, values: readonly MetricValue[], told: (value: MetricValue) => boolean, time: number): string {
  const dimensions = values[0]?.dimensions ?? {};
  const Metrics = values.filter(told).map(({ name, unit }) => ({ Name: name, Unit: unit }));
  const CloudWatchMetrics = Metrics.length === 0 ? [] : [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: time, CloudWatchMetrics }, ...dimensions, ...Object.fromEntries(values.map(({ name, value }) => [name, value])) });
}

/** {@link embeddedMetrics} of any values: a line for each set of dimensions. @throws Error where one is not declared */
export function embeddedLines(namespace: string, metrics: readonly MetricValue[], time: number, before: Before): string[] {
  const lines = new Map<string, MetricValue[]>();
  for (const value of metrics) {
    const key = JSON.stringify(value.dimensions);
    lines.set(key, [...(lines.get(key) ?? []), value]);
  }
  return [...lines.values()].map((values) => embeddedMetrics(namespace, values, (value) => isTold(value, before), time));
}
