import { INGEST } from '../../contracts/metrics.js';
import { type MetricValue, metric } from '../shared/metrics.js';
import { isGood, type SourceCheck } from './source-check.js';

/** What a check says in numbers. */
export function checkMetrics(check: SourceCheck): MetricValue[] {
  const of = { Source: check.source };
  return [
    metric(INGEST.refused, Number(check.outcome === 'refused'), of),
    metric(INGEST.failed, Number(check.outcome === 'failed'), of),
    metric(INGEST.good, Number(isGood(check.outcome)), of),
    ...(check.read === null ? [] : [metric(INGEST.entries, check.read, of)]),
    ...(check.rejected === null ? [] : [metric(INGEST.rejects, check.rejected, of)]),
    metric(INGEST.produced, check.produced, of),
    metric(INGEST.durationMs, Date.parse(check.finished_at) - Date.parse(check.started_at), of),
  ];
}
