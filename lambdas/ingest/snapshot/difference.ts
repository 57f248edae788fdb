import type { KeptRow, Row } from '../../../contracts/reading.js';

export const TOMBSTONE_DAYS = 30;

/** How many rows a new body added, changed and took away, and how many stood before. */
export interface Difference {
  added: number;
  changed: number;
  gone: number;
  before: number;
}

export const noDifference = (): Difference => ({ added: 0, changed: 0, gone: 0, before: 0 });

/** Whether two rows of one key say the same, and what to keep where they do not. */
export interface Contents {
  readonly same: (before: string, after: string) => boolean;
  readonly restated: (before: string, after: string) => string;
}

/**
 * Folds a newly read body into the last snapshot: both sorted by key, walked once.
 *
 * Rows that stay as they are keep their sequence and time; what is new, says something else or is gone gets this
 * snapshot's. Counts go to `difference`.
 */
export async function* nextSnapshot(
  previous: AsyncIterable<KeptRow>,
  current: Iterable<Row>,
  stamp: { readonly sequence: number; readonly observedAt: number },
  contents: Contents,
  difference: Difference,
): AsyncGenerator<KeptRow> {
  const oldestTombstone = stamp.observedAt - TOMBSTONE_DAYS * 24 * 3600 * 1000;
  const incoming = current[Symbol.iterator]();
  let next = incoming.next();
  const added = ({ key, content, place }: Row): KeptRow => {
    difference.added++;
    return { key, event: 'added', ...stamp, place, content };
  };
  for await (const old of previous) {
    const stood = old.event !== 'gone';
    if (stood) difference.before++;
    while (!next.done && next.value.key < old.key) {
      yield added(next.value);
      next = incoming.next();
    }
    if (!next.done && next.value.key === old.key) {
      const { content, place } = next.value;
      if (!stood) yield added(next.value);
      else if (content === old.content || contents.same(old.content, content)) yield old;
      else {
        difference.changed++;
        yield { key: old.key, event: 'changed', ...stamp, place, content: contents.restated(old.content, content) };
      }
      next = incoming.next();
    } else if (stood) {
      difference.gone++;
      yield { ...old, event: 'gone', ...stamp, place: null };
    } else if (old.observedAt >= oldestTombstone) yield old;
  }
  while (!next.done) {
    yield added(next.value);
    next = incoming.next();
  }
}

const known = (content: string, counts: ReadonlySet<string>): string => {
  if (content === '') return '';
  const said = Object.entries(JSON.parse(content) as Record<string, unknown>).filter(([name, value]) => counts.has(name) && value !== null && value !== undefined);
  return said.length === 0 ? '' : JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Whether two contents say the same in the fields that count, whatever their order. A field that is not there is null. */
export function sameContent(fields: readonly string[]): (before: string, after: string) => boolean {
  const counts = new Set(fields);
  return (before, after) => before === after || known(before, counts) === known(after, counts);
}
