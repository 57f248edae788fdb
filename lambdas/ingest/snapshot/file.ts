import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { KeptRow } from '../../../contracts/reading.js';
import { LineSplitter } from '../../../datasets/shared/lines.js';
import { FAST, unzipped } from '../landing/gzip.js';
import type { LandingStore } from '../landing/store.js';
import { decodeRow } from './row.js';

const LF = 0x0a;

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

/** The rows that a snapshot of this sequence changed: lines are made of those alone that may say so. */
export async function* readChanged(landing: LandingStore, key: string, sequence: number, former?: (content: string) => string): AsyncGenerator<KeptRow> {
  for await (const lines of linesWith(landing, key, `\t${sequence}\t`))
    for (const line of lines) {
      const row = decodeRow(line, key, former);
      if (row.sequence === sequence) yield row;
    }
}

/** The lines of a stored snapshot that hold a text, looked for in the bytes of many at once. */
async function* linesWith(landing: LandingStore, key: string, text: string): AsyncGenerator<readonly string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of unzipped(Readable.from(await landing.get(key)))) {
    const piece = Buffer.concat([rest, bytes as Buffer]);
    const end = piece.lastIndexOf(LF) + 1;
    yield held(piece.subarray(0, end), text);
    rest = piece.subarray(end);
  }
  yield held(rest, text);
}

function held(lines: Buffer, text: string): string[] {
  const found: string[] = [];
  for (let at = lines.indexOf(text); at !== -1; ) {
    const end = lines.indexOf(LF, at);
    const behind = end === -1 ? lines.length : end;
    found.push(lines.toString('utf8', lines.lastIndexOf(LF, at) + 1, behind));
    at = lines.indexOf(text, behind);
  }
  return found;
}

/** Writes the pieces of a snapshot, compressed. */
export const writePieces = (pieces: AsyncIterable<string>, file: string): Promise<void> =>
  pipeline(Readable.from(pieces, { objectMode: false }), createGzip(FAST), createWriteStream(file));
