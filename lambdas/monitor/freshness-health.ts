import { type Dataset, type FedDataset, freshnessLimits, type HttpSource, isFed } from '../../contracts/index.js';
import { INGEST, MONITOR, OVERDUE_CADENCES } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import { type Finding, inWords, type Looked } from './health.js';
import type { KafkaProbe, Offsets } from './kafka-health.js';

/** How far a query of a driver has come (glue-jobs/medallion/positions.py writes it). */
export interface Position {
  /** When it last said anything, epoch milliseconds. */
  readonly at: number;
  /** Offset of the next record, per partition: Bronze and Silver. */
  readonly offsets?: Offsets;
  /** Silver: the version of its last own commit. Gold: how far it has read Silver, `[version, index]`; an index below 0 is before that version's files. */
  readonly version?: number | readonly [number, number];
  /** How far it has read each Delta table that it streams from, by path below the lake. */
  readonly read?: Readonly<Record<string, readonly [number, number]>>;
}

export type Positions = Readonly<Record<string, Position>>;

/** What the state table says of a source; times in epoch milliseconds. */
export interface SourceStatus {
  readonly lastCheckAt?: number;
  readonly lastGoodAt?: number;
  readonly lastOutcome?: string;
  readonly lastReason?: string | null;
  readonly paused?: boolean;
}

export interface FreshnessDeps {
  readonly probe: KafkaProbe;
  readonly positions: Positions;
  readonly now: number;
  /** Arrival of the oldest record of Silver's first commit at or after a version, epoch milliseconds; null where the log does not say. */
  readonly oldestIn: (dataset: Dataset, from: number, to: number) => Promise<number | null>;
  readonly sources: readonly HttpSource[];
  readonly statusOf: (source: string) => Promise<SourceStatus>;
  /** Since when the jobs run (lambdas/watchdog/watch-jobs.ts): what waited while they rested by plan is not held against them; null while they rest. */
  readonly awakeSince: number | null;
  /** When the monitor first ran: a source that was never checked is silent since then. */
  readonly firstRunAt: number;
}

const MINUTE_MS = 60_000;
/** Ages are told to a twentieth. */
const PRECISION = 1.05;
const FIRST_GUESS_MS = 15_000;

/**
 * Age of the oldest record at or after `next`, in milliseconds; 0 where there is none. Kafka tells offsets by time, so
 * the time is sought by halving.
 */
export async function ageOf(next: Offsets, ends: Offsets, offsetsAt: (time: number) => Promise<Offsets>, now: number, longest: number): Promise<number> {
  const behind = Object.keys(ends).filter((partition) => (next[partition] ?? 0) < (ends[partition] ?? 0));
  if (behind.length === 0) return 0;
  const olderThan = async (age: number) => {
    const at = await offsetsAt(now - age);
    return behind.some((partition) => (at[partition] ?? 0) > (next[partition] ?? 0));
  };
  let [low, high] = [0, FIRST_GUESS_MS];
  while (high < longest && (await olderThan(high))) [low, high] = [high, high * 2];
  while (high - low > 1_000 && high / Math.max(low, 1) > PRECISION) {
    const middle = low === 0 ? high / 2 : Math.sqrt(low * high);
    if (await olderThan(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** The part of an age that a layer had to do something about it: since its jobs run; none while they rest. */
export const awakeMinutes = (minutes: number, awakeSince: number | null, now: number): number =>
  awakeSince === null ? 0 : Math.min(minutes, Math.max(0, now - awakeSince) / MINUTE_MS);

const lagOf = (next: Offsets, ends: Offsets): number => Object.entries(ends).reduce((sum, [partition, end]) => sum + Math.max(0, end - (next[partition] ?? 0)), 0);

/** Version of Silver's log that a Gold query has not read whole. */
function firstUnread(version: Position['version']): number {
  if (version === undefined) return 0;
  if (typeof version === 'number') return version + 1;
  const [at, index] = version;
  return index < 0 ? at : at + 1;
}

interface Age {
  readonly layer: 'bronze' | 'silver' | 'gold';
  readonly ms: number;
  readonly lag: number | null;
}

type OffsetDeps = Pick<FreshnessDeps, 'probe' | 'positions' | 'now'>;

/** Age of a layer that says how far it has come by offsets. */
export async function ageByOffsets({ name, topic }: FedDataset, layer: 'bronze' | 'silver', { probe, positions, now }: OffsetDeps): Promise<Age> {
  const { begins, ends } = await probe.range(name);
  // What retention has taken is not waiting any more.
  const next = Object.fromEntries(Object.keys(ends).map((partition) => [partition, Math.max(positions[`${layer}.${name}`]?.offsets?.[partition] ?? 0, begins[partition] ?? 0)]));
  return { layer, lag: lagOf(next, ends), ms: await ageOf(next, ends, (time) => probe.offsetsAt(name, time), now, topic.retentionHours * 3600_000) };
}

/** Age of the oldest row of a dataset's Silver that a query which reads it has not dealt with; 0 where there is none. */
async function unreadAge(dataset: Dataset, at: Position['version'], { positions, now, oldestIn }: FreshnessDeps): Promise<number> {
  const committed = positions[`silver.${dataset.name}`]?.version;
  const from = firstUnread(at);
  if (typeof committed !== 'number' || from > committed) return 0;
  const oldest = await oldestIn(dataset, from, committed);
  return oldest === null ? 0 : now - oldest;
}

/** How far a query has read a dataset's Silver, in the generation that it reads. */
const readOf = (position: Position | undefined, dataset: string) =>
  Object.entries(position?.read ?? {}).find(([path]) => path === `silver/${dataset}` || path.startsWith(`silver/${dataset}@`))?.[1];

/** Age of what waits for Silver: records that Bronze holds, or rows of the Silver that it is derived from, with what waits for that. */
async function silverAge(dataset: Dataset, datasets: readonly Dataset[], deps: FreshnessDeps): Promise<Age> {
  if (isFed(dataset)) return ageByOffsets(dataset, 'silver', deps);
  const parent = datasets.find(({ name }) => name === dataset.derived?.from);
  if (parent === undefined) throw new Error(`${dataset.name} is derived from ${dataset.derived?.from}, which is not among the datasets`);
  const before = await silverAge(parent, datasets, deps);
  return { layer: 'silver', ms: Math.max(before.ms, await unreadAge(parent, readOf(deps.positions[`silver.${dataset.name}`], parent.name), deps)), lag: null };
}

async function agesOf(dataset: Dataset, datasets: readonly Dataset[], deps: FreshnessDeps): Promise<Age[]> {
  const bronze = isFed(dataset) ? [await ageByOffsets(dataset, 'bronze', deps)] : [];
  const silver = await silverAge(dataset, datasets, deps);
  let gold = silver.ms;
  for (const table of dataset.tables.filter(({ kind }) => kind === 'state'))
    gold = Math.max(gold, await unreadAge(dataset, deps.positions[`${table.layer}.${table.name}`]?.version, deps));
  return [...bronze, silver, { layer: 'gold', ms: gold, lag: null }];
}

/**
 * Freshness is about records, not commits: the age of a layer is that of the oldest acknowledged record not yet in it, the
 * age of a source its last good check against its cadence.
 */
export async function lookAtFreshness(datasets: readonly Dataset[], deps: FreshnessDeps): Promise<Looked> {
  const findings: Finding[] = [];
  const metrics = [];
  const oldest = { bronze: 0, silver: 0, gold: 0 };
  for (const dataset of datasets) {
    const { name, topic } = dataset;
    const limits = new Map(freshnessLimits(dataset).map(({ layer, minutes }) => [layer, minutes]));
    let share = 0;
    for (const { layer, ms, lag } of await agesOf(dataset, datasets, deps)) {
      const minutes = ms / MINUTE_MS;
      const judged = awakeMinutes(minutes, deps.awakeSince, deps.now);
      const limit = limits.get(layer) ?? Infinity;
      const dimensions = { Dataset: name, Layer: layer };
      oldest[layer] = Math.max(oldest[layer], minutes);
      share = Math.max(share, (100 * judged) / limit);
      metrics.push(metric(MONITOR.freshnessMinutes, minutes, dimensions));
      if (lag !== null) metrics.push(metric(MONITOR.lagRecords, lag, dimensions));
      if (layer === 'bronze' && topic) metrics.push(metric(MONITOR.lagRetentionPercent, (100 * minutes) / (topic.retentionHours * 60), { Dataset: name }));
      const waiting = ms === 0 ? 'nothing waits' : `the oldest record that waits is ${inWords(minutes)} old`;
      const subject = `${layer} ${name}`;
      if (deps.awakeSince === null && ms > 0) findings.push({ subject, state: 'skipped', message: `${waiting}; the jobs rest, as their daily window wants` });
      else findings.push({ subject, state: judged > limit ? 'failed' : 'ok', message: judged > limit ? `${waiting}; the contract allows ${limit} min` : waiting });
    }
    metrics.push(metric(MONITOR.freshnessPercent, share, { Dataset: name }));
  }
  for (const [Layer, minutes] of Object.entries(oldest)) metrics.push(metric(MONITOR.layerFreshness, minutes, { Layer }));
  for (const source of deps.sources) {
    const status = await deps.statusOf(source.name);
    const refused = status.lastOutcome === 'refused';
    const cadences = status.paused === true ? 0 : (deps.now - (status.lastGoodAt ?? deps.firstRunAt)) / MINUTE_MS / source.cadence.minutes;
    metrics.push(metric(MONITOR.sourceOverdue, cadences, { Source: source.name }), metric(INGEST.refused, Number(refused), { Source: source.name }));
    findings.push(sourceFinding(source, status, cadences, refused, deps.now));
  }
  const stale = findings.filter(({ state }) => state === 'failed');
  return {
    summary: stale.length === 0 ? `${datasets.length} datasets and ${deps.sources.length} sources are fresh` : stale.map(({ subject }) => subject).join(', '),
    findings,
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
