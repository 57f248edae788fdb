import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../../contracts/reading.js';
import { MAX_ROWS, RowOrder } from './row-order.js';
import { RunCursor, RunMerge } from './run-merge.js';

/** Bytes of rows held in memory before they are sorted and written aside. */
const RUN_BYTES = 4 * 1024 * 1024;
const MAX_BYTES_OF_CHARACTER = 3;
const PLACE_DIGITS = 10;
const NO_BYTES = Buffer.alloc(0);
const [TAB, LF, ZERO, ASCII_END] = [0x09, 0x0a, 0x30, 0x80];

/**
 * The rows of a body by key: an external sort, so that a list of a million names costs the memory of one run. No character
 * of a key sorts below the tab that ends it, so that whole rows sort as their keys do; content has neither tab nor line end.
 *
 * Rows are bytes from when they come until they are given: nothing is made that a garbage collector walks.
 */
export class SortedRows {
  /** Rows as they came, each with its line end. */
  private bytes = NO_BYTES;
  private length = 0;
  private readonly starts = new Uint32Array(MAX_ROWS + 1);
  private rows = 0;
  /** Rows in order. */
  private ordered = NO_BYTES;
  private readonly files: string[] = [];

  /** @param folder where runs are written aside; whoever made it removes it */
  constructor(
    private readonly folder: string,
    private readonly runRows = MAX_ROWS,
  ) {}

  /** @param content JSON, or empty */
  add(key: string, place: number, content: string): void {
    const most = (key.length + content.length) * MAX_BYTES_OF_CHARACTER + PLACE_DIGITS + 3;
    if (this.length + most > this.bytes.length) {
      if (this.rows > 0) this.writeRun();
      if (most > this.bytes.length) this.bytes = Buffer.allocUnsafe(Math.max(most, RUN_BYTES));
    }
    this.write(key);
    this.bytes[this.length++] = TAB;
    for (let digit = PLACE_DIGITS - 1, left = place; digit >= 0; digit--, left = Math.floor(left / 10)) this.bytes[this.length + digit] = ZERO + (left % 10);
    this.length += PLACE_DIGITS;
    this.bytes[this.length++] = TAB;
    this.write(content);
    this.bytes[this.length++] = LF;
    this.starts[++this.rows] = this.length;
    if (this.rows >= this.runRows) this.writeRun();
  }

  /** Character by character: for most keys that is faster than a call into the encoder. */
  private write(text: string): void {
    const { bytes, length } = this;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= ASCII_END) {
        this.length += bytes.write(text, length);
        return;
      }
      bytes[length + i] = code;
    }
    this.length += text.length;
  }

  private writeRun(): void {
    const file = join(this.folder, `run-${this.files.length}`);
    writeFileSync(file, this.sorted());
    this.files.push(file);
    this.forget();
  }

  private sorted(): Buffer {
    const { bytes, starts, rows: count } = this;
    if (this.ordered.length < this.length) this.ordered = Buffer.allocUnsafe(bytes.length);
    const { ordered } = this;
    const order = new RowOrder({ bytes, starts, count });
    let at = 0;
    for (let i = 0; i < count; i++) {
      const row = order.at(i);
      const end = starts[row + 1] as number;
      for (let from = starts[row] as number; from < end; from++) ordered[at++] = bytes[from] as number;
    }
    return ordered.subarray(0, at);
  }

  private forget(): void {
    this.length = 0;
    this.rows = 0;
  }

  /** Every row in order of key, then place. May be read again. */
  *all(): Generator<Row> {
    const runs = [...this.files.map((file) => RunCursor.ofFile(file)), RunCursor.of(this.sorted())];
    try {
      const merge = new RunMerge(runs);
      for (let run = merge.next(); run !== null; run = merge.next()) yield rowOf(run);
    } finally {
      for (const run of runs) run.close();
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
    this.ordered = NO_BYTES;
  }
}

function rowOf(run: RunCursor): Row {
  const { bytes, start, end } = run;
  let content = end;
  while (bytes[content - 1] !== TAB) content--;
  const key = content - PLACE_DIGITS - 2;
  let place = 0;
  for (let digit = key + 1; digit < content - 1; digit++) place = place * 10 + (bytes[digit] as number) - ZERO;
  return { key: run.slice(start, key), place, content: content === end ? '' : run.slice(content, end) };
}
