import { INGEST_METRICS } from '../shared/metrics.js';
import { isGood, type SourceCheck } from './run.js';

/** What a check says in numbers. Each outcome's count is 0 where it is not that one: an alarm must see the good after the bad. */
export function checkMetrics(check: SourceCheck): Record<string, readonly [number, 'Count' | 'Milliseconds']> {
  const counted = (name: string, value: number | null) => (value === null ? {} : { [name]: [value, 'Count'] as const });
  return {
    [INGEST_METRICS.refused]: [Number(check.outcome === 'refused'), 'Count'],
    [INGEST_METRICS.failed]: [Number(check.outcome === 'failed'), 'Count'],
    [INGEST_METRICS.good]: [Number(isGood(check.outcome)), 'Count'],
    ...counted(INGEST_METRICS.entries, check.entries),
    ...counted(INGEST_METRICS.rejects, check.rejects),
    [INGEST_METRICS.produced]: [check.produced, 'Count'],
    [INGEST_METRICS.durationMs]: [Date.parse(check.finished_at) - Date.parse(check.started_at), 'Milliseconds'],
  };
}
