import type { MetricValue } from '../shared/metrics.js';

/** A value of the report's metrics. */
export const reported = (metrics: readonly MetricValue[], name: string, dimensions: Readonly<Record<string, string>>): number | null =>
  metrics.find((each) => each.name === name && Object.entries(dimensions).every(([key, value]) => each.dimensions[key] === value))?.value ?? null;
