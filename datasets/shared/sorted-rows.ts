import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Row } from '../../contracts/reading.js';

/** Rows, and bytes of them, held in memory before they are sorted and written aside. */
const RUN_ROWS = 40_000;
const RUN_BYTES = 4 * 1024 * 1024;
const MAX_BYTES_OF_CHARACTER = 3;
const CHUNK_BYTES = 32 * 1024;
const PLACE_DIGITS = 10;
const NO_BYTES = Buffer.alloc(0);

/**
 * The rows of a body by key: an external sort, so that a list of a million names costs the memory of one run. No character
 * of a key sorts below the tab that ends it, so that whole rows sort as their keys do; content has neither tab nor line end.
 */
export class SortedRows {
  /** Rows as they came, each with its line end: bytes, which no garbage collector walks. */
  private bytes = NO_BYTES;
  private length = 0;
  private rows = 0;
  private readonly files: string[] = [];

  /** @param folder where runs are written aside; whoever made it removes it */
  constructor(
    private readonly folder: string,
    private readonly runRows = RUN_ROWS,
  ) {}

  /** @param content JSON, or empty */
  add(key: string, place: number, content: string): void {
    const row = `${key}\t${String(place).padStart(PLACE_DIGITS, '0')}\t${content}\n`;
    const most = row.length * MAX_BYTES_OF_CHARACTER;
    if (this.length + most > this.bytes.length) {
      if (this.rows > 0) this.writeRun();
      if (most > this.bytes.length) this.bytes = Buffer.allocUnsafe(Math.max(most, RUN_BYTES));
    }
    this.length += this.bytes.write(row, this.length);
    if (++this.rows >= this.runRows) this.writeRun();
  }

  private writeRun(): void {
    const file = join(this.folder, `run-${this.files.length}`);
    writeFileSync(file, `${this.sorted().join('\n')}\n`);
    this.files.push(file);
    this.forget();
  }

  private sorted(): string[] {
    return this.bytes.toString('utf8', 0, this.length).split('\n', this.rows).sort();
  }

  private forget(): void {
    this.length = 0;
    this.rows = 0;
  }

  /** Every row in order of key, then place. May be read again. */
  *all(): Generator<Row> {
    const rows = this.sorted();
    for (const row of this.files.length === 0 ? rows : merge([...this.files.map(linesOf), rows.values()])) {
      const content = row.lastIndexOf('\t');
      const place = content - PLACE_DIGITS;
      yield { key: row.slice(0, place - 1), place: Number(row.slice(place, content)), content: row.slice(content + 1) };
    }
  }

  /** Every key once, in order, as its first row has it. To be read once. */
  *first(): Generator<Row> {
    let last = '';
    for (const row of this.all()) {
      if (row.key === last) continue;
      last = row.key;
      yield row;
    }
    this.remove();
  }

  /** Removes what was written aside. */
  remove(): void {
    for (const file of this.files.splice(0)) rmSync(file);
    this.forget();
    this.bytes = NO_BYTES;
  }
}

/** Lines of a file in pieces, without the whole of it in memory. */
function* linesOf(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let bytes = readSync(descriptor, chunk); bytes > 0; bytes = readSync(descriptor, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Merges sorted runs; a binary heap of their heads. */
function* merge(runs: Iterator<string>[]): Generator<string> {
  const heap: { row: string; run: Iterator<string> }[] = [];
  const sift = (from: number) => {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      let least = at;
      for (const child of [left, left + 1]) if (child < heap.length && (heap[child] as (typeof heap)[0]).row < (heap[least] as (typeof heap)[0]).row) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least] as (typeof heap)[0], heap[at] as (typeof heap)[0]];
      at = least;
    }
  };
  for (const run of runs) {
    const { value, done } = run.next();
    if (!done) heap.push({ row: value, run });
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sift(at);
  for (let [top] = heap; top; [top] = heap) {
    yield top.row;
    const { value, done } = top.run.next();
    if (!done) top.row = value;
    else {
      const last = heap.pop() as (typeof heap)[0];
      if (last === top) continue;
      heap[0] = last;
    }
    sift(0);
  }
}
