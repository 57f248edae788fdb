import type { MetricValue } from '../../lambdas/shared/metrics.js';

/** The value of the first metric of a name that is told of these; undefined where there is none. */
export const metricNamed = (metrics: readonly MetricValue[], name: string, dimensions: Record<string, string> = {}) =>
  metrics.find((each) => each.name === name && Object.entries(dimensions).every(([key, value]) => each.dimensions[key] === value))?.value;
