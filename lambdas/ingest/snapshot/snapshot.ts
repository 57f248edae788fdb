import { ENTRY_TYPES, type Entry } from '../../../datasets/harmful_domains/entries.js';
import type { Details } from '../../../datasets/harmful_domains/formats/parsed.js';

/** What an entry says of its name: harmful, an exception, or widely used. */
export const ACTIONS = ['block', 'allow', 'popular'] as const;

/**
 * One line of a snapshot: an entry, when it last changed, and in which snapshot. A delisted entry stays as a tombstone
 * for {@link TOMBSTONE_DAYS}, so that the daily whole publication repeats the delisting too.
 */
export interface SnapshotEntry {
  readonly type: Entry['type'];
  readonly name: string;
  readonly scope: Entry['scope'];
  readonly action: (typeof ACTIONS)[number];
  readonly event: 'listed' | 'delisted';
  /** Number of the snapshot in which the entry came to be listed or delisted. */
  readonly sequence: number;
  /** When that snapshot was fetched, epoch milliseconds. */
  readonly observedAt: number;
  /** Line of the body that listed it; null when delisted. */
  readonly line: number | null;
  /** What the row said beyond its name when it was listed; kept when delisted, so that the delisting falls into the same category. */
  readonly details: Omit<Details, 'action' | 'marks'>;
}

export const TOMBSTONE_DAYS = 30;

/** What an entry is known by, and what orders snapshots: type, name, scope and action, in code units. */
export const entryKey = (entry: Pick<SnapshotEntry, 'type' | 'name' | 'scope' | 'action'>): string => `${entry.type}\t${entry.name}\t${entry.scope}\t${entry.action}`;

const NO_DETAILS = {};

export function encodeEntry(entry: SnapshotEntry): string {
  const { event, sequence, observedAt, line, details } = entry;
  const said = Object.keys(details).length === 0 ? '' : JSON.stringify(details);
  return `${entryKey(entry)}\t${event}\t${sequence}\t${observedAt}\t${line ?? ''}\t${said}\n`;
}

const isOneOf = <T extends string>(value: string | undefined, values: readonly T[]): value is T => (values as readonly (string | undefined)[]).includes(value);

/** @throws Error where a stored snapshot was damaged; `where` names it. */
export function decodeEntry(text: string, where: string): SnapshotEntry {
  const [type, name, scope, action, event, sequence, observedAt, line, said, ...rest] = text.split('\t');
  if (
    isOneOf(type, ENTRY_TYPES) &&
    name &&
    isOneOf(scope, ['exact', 'subtree']) &&
    isOneOf(action, ACTIONS) &&
    isOneOf(event, ['listed', 'delisted']) &&
    said !== undefined &&
    rest.length === 0
  ) {
    const details = said === '' ? NO_DETAILS : (JSON.parse(said) as SnapshotEntry['details']);
    return { type, name, scope, action, event, sequence: Number(sequence), observedAt: Number(observedAt), line: line === '' ? null : Number(line), details };
  }
  throw new Error(`snapshot ${where} holds a line that is no entry: ${JSON.stringify(text.slice(0, 120))}`);
}

/** Where a newly read list has an entry, and what its row says. */
export interface Listing {
  readonly line: number;
  readonly details: SnapshotEntry['details'];
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
 * @param current keys of the new list with their listings, sorted by key, each key once
 */
export async function* nextSnapshot(
  previous: AsyncIterable<SnapshotEntry>,
  current: Iterable<readonly [key: string, listing: Listing]>,
  stamp: { readonly sequence: number; readonly observedAt: number },
  difference: Difference,
): AsyncGenerator<SnapshotEntry> {
  const oldestTombstone = stamp.observedAt - TOMBSTONE_DAYS * 24 * 3600 * 1000;
  const incoming = current[Symbol.iterator]();
  let next = incoming.next();
  const listed = (key: string, { line, details }: Listing): SnapshotEntry => {
    difference.listed++;
    const [type, name, scope, action] = key.split('\t') as [Entry['type'], string, Entry['scope'], SnapshotEntry['action']];
    return { type, name, scope, action, event: 'listed', ...stamp, line, details };
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
