import { metricSpec } from '../../contracts/metrics.js';
import type { Before, MetricValue } from '../shared/metrics.js';
import type { Report } from './monitor.js';
import { reported } from './reported.js';

/** When each series that is told while it is wrong last was so, by {@link keyOf}; epoch milliseconds. */
export type WrongAt = Readonly<Record<string, number>>;

const keyOf = ({ name, dimensions }: Pick<MetricValue, 'name' | 'dimensions'>): string => JSON.stringify([name, dimensions]);

/** What was wrong in a run, and what was so at most `clearMs` before it. */
export function wrongAt(metrics: readonly MetricValue[], before: WrongAt, now: number, clearMs: number): WrongAt {
  const isWrong = (value: MetricValue): boolean => {
    const spec = metricSpec(value.name, value.dimensions);
    return spec.told === 'wrong' && value.value > spec.wrongAbove;
  };
  const wrong = metrics.filter(isWrong).map((value) => [keyOf(value), now] as const);
  return Object.fromEntries([...Object.entries(before).filter(([, at]) => now - at <= clearMs), ...wrong]);
}

/**
 * What the last run found; a series that was wrong at most `clearMs` ago still counts as wrong. It is told as long: an
 * alarm takes the maximum of a period, so that one good value in the period of a bad one clears nothing.
 */
export const beforeOf =
  (last: Report | null, now: number, clearMs: number): Before =>
  (value) => {
    // What was not asked last time may have been wrong.
    if (last === null) return undefined;
    const at = last.wrongAt?.[keyOf(value)];
    return at !== undefined && now - at <= clearMs ? Number.POSITIVE_INFINITY : (reported(last.metrics, value.name, value.dimensions) ?? undefined);
  };
