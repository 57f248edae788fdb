import type { Entry } from './entries.js';

/**
 * One line of a snapshot: an entry, when it last changed, and in which snapshot. A delisted entry stays as a tombstone
 * for {@link TOMBSTONE_DAYS}, so that the daily whole publication repeats the delisting too.
 */
export interface SnapshotEntry {
  readonly type: Entry['type'];
  readonly name: string;
  readonly scope: Entry['scope'];
  readonly event: 'listed' | 'delisted';
  /** Number of the snapshot in which the entry came to be listed or delisted. */
  readonly sequence: number;
  /** When that snapshot was fetched, epoch milliseconds. */
  readonly observedAt: number;
  /** Line of the body that listed it; null when delisted. */
  readonly line: number | null;
}

export const TOMBSTONE_DAYS = 30;

/** Orders snapshots: by type, name and scope, in code units. */
export const entryKey = (entry: Pick<SnapshotEntry, 'type' | 'name' | 'scope'>): string => `${entry.type}\t${entry.name}\t${entry.scope}`;

export function encodeEntry(entry: SnapshotEntry): string {
  const { type, name, scope, event, sequence, observedAt, line } = entry;
  return `${type}\t${name}\t${scope}\t${event}\t${sequence}\t${observedAt}\t${line ?? ''}\n`;
}

/** @throws Error where a stored snapshot was damaged; `where` names it. */
export function decodeEntry(text: string, where: string): SnapshotEntry {
  const [type, name, scope, event, sequence, observedAt, line, ...rest] = text.split('\t');
  const valid =
    (type === 'domain' || type === 'ip') &&
    name &&
    (scope === 'exact' || scope === 'subtree') &&
    (event === 'listed' || event === 'delisted') &&
    line !== undefined &&
    rest.length === 0;
  if (!valid) throw new Error(`snapshot ${where} holds a line that is no entry: ${JSON.stringify(text.slice(0, 120))}`);
  return { type, name, scope, event, sequence: Number(sequence), observedAt: Number(observedAt), line: line === '' ? null : Number(line) };
}

export interface Difference {
  listed: number;
  delisted: number;
}

/**
 * Folds a newly read list into the last snapshot: both sorted by {@link entryKey}, walked once.
 *
 * Entries that stay keep their sequence and time; what is new or gone gets this snapshot's. Counts go to `difference`.
 *
 * @param current keys of the new list with their lines, sorted by key, each key once
 */
export async function* nextSnapshot(
  previous: AsyncIterable<SnapshotEntry>,
  current: Iterable<readonly [key: string, line: number]>,
  stamp: { readonly sequence: number; readonly observedAt: number },
  difference: Difference,
): AsyncGenerator<SnapshotEntry> {
  const oldestTombstone = stamp.observedAt - TOMBSTONE_DAYS * 24 * 3600 * 1000;
  const incoming = current[Symbol.iterator]();
  let next = incoming.next();
  const listed = (key: string, line: number): SnapshotEntry => {
    difference.listed++;
    const [type, name, scope] = key.split('\t') as [Entry['type'], string, Entry['scope']];
    return { type, name, scope, event: 'listed', ...stamp, line };
  };
  for await (const old of previous) {
    const key = entryKey(old);
    while (!next.done && next.value[0] < key) {
      yield listed(...next.value);
      next = incoming.next();
    }
    if (!next.done && next.value[0] === key) {
      yield old.event === 'listed' ? old : listed(...next.value);
      next = incoming.next();
    } else if (old.event === 'listed') {
      difference.delisted++;
      yield { ...old, event: 'delisted', ...stamp, line: null };
    } else if (old.observedAt >= oldestTombstone) {
      yield old;
    }
  }
  while (!next.done) {
    yield listed(...next.value);
    next = incoming.next();
  }
}
