import { type Dataset, freshnessLimits, type HttpSource } from '../../contracts/index.js';
import { INGEST, MONITOR, OVERDUE_CADENCES } from '../../contracts/metrics.js';
import { type MetricValue, metric } from '../shared/metrics.js';
import { type Finding, inWords, type Looked } from './health.js';
import { courseInWords, type Look, type Pace, paceOf } from './pace.js';
import { type Waiting, type WaitingDeps, waitingFor } from './waiting.js';

/** What the state table says of a source; times in epoch milliseconds. */
export interface SourceStatus {
  readonly lastCheckAt?: number;
  readonly lastGoodAt?: number;
  readonly lastOutcome?: string;
  readonly lastReason?: string | null;
  readonly paused?: boolean;
}

export interface FreshnessDeps extends WaitingDeps {
  readonly sources: readonly HttpSource[];
  readonly statusOf: (source: string) => Promise<SourceStatus>;
  /** Since when the jobs run (lambdas/watchdog/watch-jobs.ts): what waited while they rested by plan is not held against them; null while they rest. */
  readonly awakeSince: number | null;
  /** When the monitor first ran: a source that was never checked is silent since then. */
  readonly firstRunAt: number;
  /** The look that rates are taken against; null where there is none of late. */
  readonly former: Look | null;
}

const MINUTE_MS = 60_000;

/** The part of an age that a layer had to do something about it: since its jobs run; none while they rest. */
export const awakeMinutes = (minutes: number, awakeSince: number | null, now: number): number =>
  awakeSince === null ? 0 : Math.min(minutes, Math.max(0, now - awakeSince) / MINUTE_MS);

/**
 * What a layer is told to be in. Late is only what waits for longer than the contract allows; a layer that is late and yet is
 * catching up is degraded, not failed: it will be done, and the message says when.
 */
function layerFinding(subject: string, { ms }: Waiting, judged: number, limit: number, pace: Pace, { awakeSince, former, now }: FreshnessDeps): Finding {
  const waiting = ms === 0 ? 'nothing waits' : `the oldest record that waits is ${inWords(ms / MINUTE_MS)} old`;
  if (awakeSince === null && ms > 0) return { subject, state: 'skipped', message: `${waiting}; the jobs rest, as their daily window wants` };
  const late = judged > limit;
  const parts = [waiting, late ? `the contract allows ${limit} min` : '', courseInWords(pace, late, former, now)];
  return { subject, state: late ? (pace.course === 'catching up' ? 'degraded' : 'failed') : 'ok', message: parts.filter((each) => each !== '').join('; ') };
}

function paceMetrics({ behind, perSecond, secondsLeft }: Pace, dimensions: { readonly Dataset: string; readonly Layer: string }): MetricValue[] {
  const known = (spec: typeof MONITOR.lagRecords | typeof MONITOR.recordsPerSecond | typeof MONITOR.secondsLeft, value: number | null) =>
    value === null ? [] : [metric(spec, value, dimensions)];
  return [...known(MONITOR.lagRecords, behind), ...known(MONITOR.recordsPerSecond, perSecond), ...known(MONITOR.secondsLeft, secondsLeft)];
}

/**
 * Freshness is about records, not commits: the age of a layer is that of the oldest acknowledged record not yet in it, the
 * age of a source its last good check against its cadence.
 */
export async function lookAtFreshness(datasets: readonly Dataset[], deps: FreshnessDeps): Promise<Looked> {
  const layers: Finding[] = [];
  const sources: Finding[] = [];
  const metrics: MetricValue[] = [];
  const oldest = { bronze: 0, silver: 0, gold: 0 };
  for (const dataset of datasets) {
    const { name, topic } = dataset;
    const limits = new Map(freshnessLimits(dataset).map(({ layer, minutes }) => [layer, minutes]));
    let share = 0;
    const { layers: found, taken } = await waitingFor(dataset, datasets, deps);
    metrics.push(metric(MONITOR.topicRecords, taken, { Dataset: name }));
    for (const waiting of found) {
      const { layer } = waiting;
      const minutes = waiting.ms / MINUTE_MS;
      const judged = awakeMinutes(minutes, deps.awakeSince, deps.now);
      const limit = limits.get(layer) ?? Infinity;
      const pace = paceOf(name, waiting, taken, deps.former, deps.now);
      const dimensions = { Dataset: name, Layer: layer };
      oldest[layer] = Math.max(oldest[layer], minutes);
      share = Math.max(share, (100 * judged) / limit);
      metrics.push(metric(MONITOR.freshnessMinutes, minutes, dimensions), ...paceMetrics(pace, dimensions));
      if (layer === 'bronze' && topic) metrics.push(metric(MONITOR.lagRetentionPercent, (100 * minutes) / (topic.retentionHours * 60), { Dataset: name }));
      layers.push(layerFinding(`${layer} ${name}`, waiting, judged, limit, pace, deps));
    }
    metrics.push(metric(MONITOR.freshnessPercent, share, { Dataset: name }));
  }
  for (const [Layer, minutes] of Object.entries(oldest)) metrics.push(metric(MONITOR.layerFreshness, minutes, { Layer }));
  for (const source of deps.sources) {
    const status = await deps.statusOf(source.name);
    const refused = status.lastOutcome === 'refused';
    const cadences = status.paused === true ? 0 : (deps.now - (status.lastGoodAt ?? deps.firstRunAt)) / MINUTE_MS / source.cadence.minutes;
    metrics.push(metric(MONITOR.sourceOverdue, cadences, { Source: source.name }), metric(INGEST.refused, Number(refused), { Source: source.name }));
    sources.push(sourceFinding(source, status, cadences, refused, deps.now));
  }
  const stale = [...layers.filter(({ state }) => state === 'failed' || state === 'degraded'), ...sources.filter(({ state }) => state === 'failed')];
  return {
    summary: stale.length === 0 ? `${datasets.length} datasets and ${deps.sources.length} sources are fresh` : stale.map(({ subject }) => subject).join(', '),
    findings: [...layers, ...sources],
    metrics,
  };
}

function sourceFinding({ name, cadence }: HttpSource, status: SourceStatus, cadences: number, refused: boolean, now: number): Finding {
  const subject = `source ${name}`;
  if (status.paused === true) return { subject, state: 'skipped', message: 'paused by an operator' };
  const reason = status.lastReason ? ` (${status.lastReason})` : '';
  const last = status.lastGoodAt === undefined ? 'no good check yet' : `last good check ${inWords((now - status.lastGoodAt) / MINUTE_MS)} ago`;
  if (cadences > OVERDUE_CADENCES) return { subject, state: 'failed', message: `${last}; it is due every ${cadence.minutes} min${reason}` };
  if (refused) return { subject, state: 'degraded', message: `its last body was refused${reason}: ./sluice release ${name}` };
  if (status.lastOutcome === 'failed') return { subject, state: 'degraded', message: `its last check failed${reason}; ${last}` };
  return { subject, state: 'ok', message: last };
}
