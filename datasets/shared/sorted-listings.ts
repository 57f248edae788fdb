import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Listing } from '../../lambdas/ingest/snapshot/snapshot.js';
import type { Details } from '../harmful_domains/formats/parsed.js';

/** Entries, and characters of them, held in memory before they are sorted and written aside. */
const RUN_ENTRIES = 40_000;
const RUN_CHARACTERS = 4 * 1024 * 1024;
const CHUNK_BYTES = 32 * 1024;
const LINE_DIGITS = 10;
const NO_DETAILS: Details = {};

/** A row of a list, as it was added; `said` is its details in JSON, empty where it has none. */
export interface Statement {
  readonly key: string;
  readonly line: number;
  readonly said: string;
}

/**
 * The entries of a body by key, each with its first line: an external sort, so that a list of a million names costs the
 * memory of one run. Keys are those of `entryKey`: no character of theirs sorts below the tab that ends them, so that
 * whole rows sort as their keys do.
 */
export class SortedListings {
  private rows: string[] = [];
  private characters = 0;
  private readonly files: string[] = [];

  /** @param folder where runs are written aside; whoever made it removes it */
  constructor(
    private readonly folder: string,
    private readonly runEntries = RUN_ENTRIES,
  ) {}

  add(key: string, line: number, details: Omit<Details, 'action'>): void {
    let said = '';
    for (const _ in details) {
      said = JSON.stringify(details);
      break;
    }
    const row = `${key}\t${String(line).padStart(LINE_DIGITS, '0')}\t${said}`;
    this.rows.push(row);
    this.characters += row.length;
    if (this.rows.length >= this.runEntries || this.characters >= RUN_CHARACTERS) this.writeRun();
  }

  private writeRun(): void {
    const file = join(this.folder, `run-${this.files.length}`);
    this.rows.sort();
    writeFileSync(file, `${this.rows.join('\n')}\n`);
    this.files.push(file);
    this.rows = [];
    this.characters = 0;
  }

  /** Every statement in order of key, then line. May be read again. */
  *statements(): Generator<Statement> {
    this.rows.sort();
    for (const row of this.files.length === 0 ? this.rows : merge([...this.files.map(linesOf), this.rows.values()])) {
      const details = row.lastIndexOf('\t');
      const line = details - LINE_DIGITS;
      yield { key: row.slice(0, line - 1), line: Number(row.slice(line, details)), said: row.slice(details + 1) };
    }
  }

  /** Every key once, in order, as its first line has it. To be read once. */
  *sorted(): Generator<readonly [key: string, listing: Listing]> {
    let last = '';
    for (const { key, line, said } of this.statements()) {
      if (key === last) continue;
      last = key;
      yield [key, { line, details: detailsOf(said) }];
    }
    this.remove();
  }

  /** Removes what was written aside. */
  remove(): void {
    for (const file of this.files.splice(0)) rmSync(file);
    this.rows = [];
  }
}

/** What a row says beyond its name, as it was added. */
export const detailsOf = (said: string): Details => (said === '' ? NO_DETAILS : (JSON.parse(said) as Details));

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
