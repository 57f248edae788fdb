import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export type Dimensions = Readonly<Record<string, string>>;

/** What CloudWatch keeps of the values of a period. */
export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
}

/** Values of a second are kept for so long, those of a minute longer. */
const FINE_MS = 15 * 60_000;
const KEPT_MS = 48 * 3600_000;
const MINUTE_MS = 60_000;

export const STATISTICS = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'] as const;
export type StatisticName = (typeof STATISTICS)[number];

export function statistic(of: Statistics, name: StatisticName): number {
  switch (name) {
    case 'Average':
      return of.sum / of.count;
    case 'Maximum':
      return of.max;
    case 'Minimum':
      return of.min;
    case 'SampleCount':
      return of.count;
    case 'Sum':
      return of.sum;
  }
}

const joined = (a: Statistics | undefined, b: Statistics): Statistics =>
  a === undefined ? b : { count: a.count + b.count, sum: a.sum + b.sum, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };

/** One string for a metric, whatever the order of its dimensions. */
const keyOf = ({ namespace, name, dimensions }: Metric): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);

function metricOf(key: string): Metric {
  const [namespace, name, ...dimensions] = JSON.parse(key) as [string, string, ...[string, string][]];
  return { namespace, name, dimensions: Object.fromEntries(dimensions) };
}

/** Metrics as CloudWatch keeps them: by namespace, name and exact dimensions; by the second, later by the minute. */
export class MetricStore {
  /** By metric, then by the beginning of the second or minute (epoch milliseconds). */
  private readonly series = new Map<string, Map<number, Statistics>>();

  constructor(private readonly clock: () => number = Date.now) {}

  put(metric: Metric, values: Statistics, timestamp = this.clock()): void {
    const key = keyOf(metric);
    const points = this.series.get(key) ?? new Map<number, Statistics>();
    this.series.set(key, points);
    const second = Math.floor(timestamp / 1000) * 1000;
    points.set(second, joined(points.get(second), values));
  }

  /** The statistics of `[from, to)`; null where there is no value. */
  between(metric: Metric, from: number, to: number): Statistics | null {
    let found: Statistics | undefined;
    for (const [time, values] of this.series.get(keyOf(metric)) ?? []) if (time >= from && time < to) found = joined(found, values);
    return found ?? null;
  }

  list(matches: (metric: Metric) => boolean): Metric[] {
    return [...this.series.keys()].map(metricOf).filter(matches);
  }

  /** Folds old seconds to minutes, and forgets what is older than is kept. */
  compact(): void {
    const now = this.clock();
    for (const [key, points] of this.series) {
      for (const [time, values] of points) {
        if (time < now - KEPT_MS) points.delete(time);
        else if (time < now - FINE_MS && time % MINUTE_MS !== 0) {
          points.delete(time);
          const minute = Math.floor(time / MINUTE_MS) * MINUTE_MS;
          points.set(minute, joined(points.get(minute), values));
        }
      }
      if (points.size === 0) this.series.delete(key);
    }
  }

  save(file: string): void {
    this.compact();
    writeFileSync(
      `${file}.new`,
      JSON.stringify([...this.series].map(([key, points]) => [key, [...points].map(([time, { count, sum, min, max }]) => [time, count, sum, min, max])])),
    );
    renameSync(`${file}.new`, file);
  }

  /** Takes up what was saved; a file that cannot be read is as good as none. */
  load(file: string): void {
    if (!existsSync(file)) return;
    try {
      for (const [key, points] of JSON.parse(readFileSync(file, 'utf8')) as [string, [number, number, number, number, number][]][]) {
        this.series.set(key, new Map(points.map(([time, count, sum, min, max]) => [time, { count, sum, min, max }])));
      }
    } catch (cause) {
      console.error(`metrics of the last time could not be read (${file}): ${(cause as Error).message}`);
    }
  }
}
