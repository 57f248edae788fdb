import { z } from 'zod';
import type { Metric } from './metric-store.js';

const documentSchema = z.object({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({ Namespace: z.string().min(1), Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string().min(1), Unit: z.string().optional() })) }),
    ),
  }),
});

export interface EmbeddedValue {
  readonly metric: Metric;
  readonly values: readonly number[];
  readonly timestamp: number;
}

/**
 * The metrics of a log line in CloudWatch's embedded metric format; none where the line is of another kind. A line may
 * stand behind what the runtime writes before it.
 */
export function embeddedValues(line: string): EmbeddedValue[] {
  const start = line.indexOf('{');
  if (start < 0 || !line.includes('"_aws"')) return [];
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(line.slice(start)) as Record<string, unknown>;
  } catch {
    return [];
  }
  const parsed = documentSchema.safeParse(raw);
  if (!parsed.success) return [];
  const { Timestamp, CloudWatchMetrics } = parsed.data._aws;
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.flatMap(({ Name }) => {
        const value = raw[Name];
        const values = (Array.isArray(value) ? value : [value]).filter((each): each is number => typeof each === 'number' && Number.isFinite(each));
        if (values.length === 0 || names.some((name) => raw[name] === undefined)) return [];
        const dimensions = Object.fromEntries(names.map((name) => [name, String(raw[name])]));
        return [{ metric: { namespace: Namespace, name: Name, dimensions }, values, timestamp: Timestamp }];
      }),
    ),
  );
}
