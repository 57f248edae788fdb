import { type Dataset, type FedDataset, isFed, type Writer } from '../../contracts/index.js';
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

/** What Silver's log says of its commits. */
export interface SilverLog {
  /** Arrival of the oldest record of the first commit from one version to another, epoch milliseconds; null where the log does not say. */
  readonly oldestIn: (dataset: Dataset, from: number, to: number) => Promise<number | null>;
  /** Offset of the next record, per partition, behind what commits up to a version hold of these partitions; null where the log does not say. */
  readonly offsetsAfter: (dataset: Dataset, version: number, partitions: readonly string[]) => Promise<Offsets | null>;
}

export interface WaitingDeps extends SilverLog {
  readonly probe: KafkaProbe;
  readonly positions: Positions;
  readonly now: number;
}

/** What waits for a layer of a dataset. */
export interface Waiting {
  readonly layer: Writer;
  /** Age of the oldest record that is not there; 0 where all are. */
  readonly ms: number;
  /** How many records of its topic are not there; null where nobody knows. */
  readonly behind: number | null;
}

/** {@link Waiting}, and the topic whose records wait. */
interface InTopic extends Waiting {
  readonly begins: Offsets;
  readonly ends: Offsets;
  readonly next: Offsets;
}

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

/** How many records there are from `next` on. What retention has taken is not waiting any more. */
const countFrom = (next: Offsets, { begins, ends }: Pick<InTopic, 'begins' | 'ends'>): number =>
  Object.entries(ends).reduce((sum, [partition, end]) => sum + Math.max(0, end - Math.max(next[partition] ?? 0, begins[partition] ?? 0)), 0);

/** Version of Silver's log that a Gold query has not read whole. */
function firstUnread(version: Position['version']): number {
  if (version === undefined) return 0;
  if (typeof version === 'number') return version + 1;
  const [at, index] = version;
  return index < 0 ? at : at + 1;
}

/** What waits for a layer that says how far it has come by offsets. */
export async function waitingByOffsets(
  { name, topic }: FedDataset,
  layer: 'bronze' | 'silver',
  { probe, positions, now }: Pick<WaitingDeps, 'probe' | 'positions' | 'now'>,
): Promise<InTopic> {
  const { begins, ends } = await probe.range(name);
  const at = positions[`${layer}.${name}`]?.offsets;
  const next = Object.fromEntries(Object.keys(ends).map((partition) => [partition, Math.max(at?.[partition] ?? 0, begins[partition] ?? 0)]));
  const ms = await ageOf(next, ends, (time) => probe.offsetsAt(name, time), now, topic.retentionHours * 3600_000);
  return { layer, ms, behind: countFrom(next, { begins, ends }), begins, ends, next };
}

const most = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : Math.max(a, b));

/** What waits for a query that reads a dataset's Silver: what that lacks (`before`), and rows that it holds and the query has not dealt with. */
async function waitingBehind(dataset: Dataset, at: Position['version'], before: InTopic, { positions, now, oldestIn, offsetsAfter }: WaitingDeps): Promise<InTopic> {
  const committed = positions[`silver.${dataset.name}`]?.version;
  const from = firstUnread(at);
  if (typeof committed !== 'number' || from > committed) return before;
  const oldest = await oldestIn(dataset, from, committed);
  const held = Object.keys(before.next).filter((partition) => (before.next[partition] ?? 0) > (before.begins[partition] ?? 0));
  const next = await offsetsAfter(dataset, from - 1, held);
  return { ...before, ms: Math.max(before.ms, oldest === null ? 0 : now - oldest), behind: most(before.behind, next === null ? null : countFrom(next, before)) };
}

/** How far a query has read a dataset's Silver, in the generation that it reads. */
const readOf = (position: Position | undefined, dataset: string) =>
  Object.entries(position?.read ?? {}).find(([path]) => path === `silver/${dataset}` || path.startsWith(`silver/${dataset}@`))?.[1];

/** What waits for Silver: records that Bronze holds, or rows of the Silver that it is derived from, with what waits for that. */
async function waitingForSilver(dataset: Dataset, datasets: readonly Dataset[], deps: WaitingDeps): Promise<InTopic> {
  if (isFed(dataset)) return waitingByOffsets(dataset, 'silver', deps);
  const parent = datasets.find(({ name }) => name === dataset.derived?.from);
  if (parent === undefined) throw new Error(`${dataset.name} is derived from ${dataset.derived?.from}, which is not among the datasets`);
  return waitingBehind(parent, readOf(deps.positions[`silver.${dataset.name}`], parent.name), await waitingForSilver(parent, datasets, deps), deps);
}

/** What waits for each layer of a dataset, and how many records the topic that it comes of has taken since it was made. */
export async function waitingFor(dataset: Dataset, datasets: readonly Dataset[], deps: WaitingDeps): Promise<{ readonly layers: readonly Waiting[]; readonly taken: number }> {
  const bronze = isFed(dataset) ? [await waitingByOffsets(dataset, 'bronze', deps)] : [];
  const silver = await waitingForSilver(dataset, datasets, deps);
  let gold: Waiting = { layer: 'gold', ms: silver.ms, behind: silver.behind };
  for (const table of dataset.tables.filter(({ kind }) => kind === 'state')) {
    const { ms, behind } = await waitingBehind(dataset, deps.positions[`${table.layer}.${table.name}`]?.version, silver, deps);
    gold = { layer: 'gold', ms: Math.max(gold.ms, ms), behind: most(gold.behind, behind) };
  }
  return { layers: [...bronze, silver, gold], taken: Object.values(silver.ends).reduce((sum, end) => sum + end, 0) };
}
