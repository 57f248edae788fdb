import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { KeptRow } from '../../../contracts/reading.js';
import { LineSplitter } from '../../../datasets/shared/lines.js';
import { FAST, unzipped } from '../landing/gzip.js';
import type { LandingStore } from '../landing/store.js';
import { decodeRow } from './row.js';

/** The rows of a stored snapshot as they are written, by key, in pieces: each row costs no wait of its own. */
export async function* readLines(landing: LandingStore, key: string): AsyncGenerator<readonly string[]> {
  let lines: string[] = [];
  const splitter = new LineSplitter((text) => lines.push(text));
  for await (const bytes of unzipped(Readable.from(await landing.get(key)))) {
    splitter.push(bytes as Buffer);
    yield lines;
    lines = [];
  }
  splitter.end();
  yield lines;
}

/** The rows of a stored snapshot, by key. @throws Error where it was damaged, naming it */
export async function* readSnapshot(landing: LandingStore, key: string, former?: (content: string) => string): AsyncGenerator<KeptRow> {
  for await (const lines of readLines(landing, key)) for (const line of lines) yield decodeRow(line, key, former);
}

/** The rows that a snapshot of this sequence changed: what says nothing of it is not read further. */
export async function* readChanged(landing: LandingStore, key: string, sequence: number, former?: (content: string) => string): AsyncGenerator<KeptRow> {
  const mark = `\t${sequence}\t`;
  for await (const lines of readLines(landing, key))
    for (const line of lines) {
      if (!line.includes(mark)) continue;
      const row = decodeRow(line, key, former);
      if (row.sequence === sequence) yield row;
    }
}

/** Writes the pieces of a snapshot, compressed. */
export const writePieces = (pieces: AsyncIterable<string>, file: string): Promise<void> =>
  pipeline(Readable.from(pieces, { objectMode: false }), createGzip(FAST), createWriteStream(file));
