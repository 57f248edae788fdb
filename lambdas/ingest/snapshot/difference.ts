import type { KeptRow, Row } from '../../../contracts/reading.js';
import { encodeRow, isStored } from './row.js';

export const TOMBSTONE_DAYS = 30;

/** How many rows a new body added, changed and took away, and how many stood before. */
export interface Difference {
  added: number;
  changed: number;
  gone: number;
  before: number;
}

export const noDifference = (): Difference => ({ added: 0, changed: 0, gone: 0, before: 0 });

/** Rows as stored, whether two of one key say the same, and what to keep where they do not. */
export interface Contents {
  readonly decode: (line: string) => KeptRow;
  readonly same: (before: string, after: string) => boolean;
  readonly restated: (before: string, after: string) => string;
}

const PIECE_CHARACTERS = 128 * 1024;
/**
 * Folds a newly read body into the last snapshot: both sorted by key, walked once. Gives the next one in pieces.
 *
 * Rows that stay as they are keep their sequence and time, and are not even decoded; what is new, says something else or is
 * gone gets this snapshot's. Counts go to `difference`.
 *
 * @param previous rows as stored, by key
 */
export async function* nextSnapshot(
  previous: AsyncIterable<readonly string[]>,
  current: Iterable<Row>,
  stamp: Pick<KeptRow, 'sequence' | 'observedAt'>,
  contents: Contents,
  difference: Difference,
): AsyncGenerator<string> {
  const fold = new Fold(current, stamp, contents, difference);
  for await (const lines of previous) for (const line of lines) while (!fold.take(line)) yield fold.piece();
  for (let more = true; more; ) {
    more = fold.rest();
    yield fold.piece();
  }
}

class Fold {
  private readonly incoming: Iterator<Row>;
  private next: Row | undefined;
  private readonly oldestTombstone: number;
  private text = '';

  constructor(
    current: Iterable<Row>,
    private readonly stamp: Pick<KeptRow, 'sequence' | 'observedAt'>,
    private readonly contents: Contents,
    private readonly difference: Difference,
  ) {
    this.oldestTombstone = stamp.observedAt - TOMBSTONE_DAYS * 24 * 3600 * 1000;
    this.incoming = current[Symbol.iterator]();
    this.advance();
  }

  isFull(): boolean {
    return this.text.length >= PIECE_CHARACTERS;
  }

  piece(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** Rows of the body up to a row of the last snapshot, and that; false where a piece is full before. */
  take(line: string): boolean {
    if (this.isFull()) return false;
    if (this.next !== undefined && isStored(line, this.next)) {
      this.difference.before++;
      this.text += `${line}\n`;
      this.advance();
      return true;
    }
    const old = this.contents.decode(line);
    while (this.next !== undefined && this.next.key < old.key) {
      this.add(this.next);
      if (this.isFull()) return false;
    }
    if (old.event !== 'gone') this.difference.before++;
    if (this.next?.key === old.key) this.meet(old, this.next);
    else this.miss(old);
    return true;
  }

  /** Rows of the body behind the last snapshot's last, until a piece is full; whether there are more. */
  rest(): boolean {
    while (this.next !== undefined && !this.isFull()) this.add(this.next);
    return this.next !== undefined;
  }

  private advance(): void {
    const { value, done } = this.incoming.next();
    this.next = done ? undefined : value;
  }

  private add({ key, content, place }: Row): void {
    this.difference.added++;
    this.text += encodeRow({ key, event: 'added', ...this.stamp, place, content });
    this.advance();
  }

  private meet(old: KeptRow, now: Row): void {
    if (old.event === 'gone') {
      this.add(now);
      return;
    }
    const { same, restated } = this.contents;
    if (now.content === old.content || same(old.content, now.content)) this.text += encodeRow(old);
    else {
      this.difference.changed++;
      this.text += encodeRow({ key: old.key, event: 'changed', ...this.stamp, place: now.place, content: restated(old.content, now.content) });
    }
    this.advance();
  }

  private miss(old: KeptRow): void {
    if (old.event !== 'gone') {
      this.difference.gone++;
      this.text += encodeRow({ ...old, event: 'gone', ...this.stamp, place: null });
    } else if (old.observedAt >= this.oldestTombstone) this.text += encodeRow(old);
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
