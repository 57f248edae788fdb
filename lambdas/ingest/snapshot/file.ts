import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { KeptRow } from '../../../contracts/reading.js';
import { splitLines } from '../../../datasets/shared/lines.js';
import type { LandingStore } from '../landing/store.js';
import { decodeRow, encodeRow } from './row.js';

const CHUNK_CHARACTERS = 64 * 1024;

/** The rows of a stored snapshot, by key. @throws Error where it was damaged, naming it */
export async function* readSnapshot(landing: LandingStore, key: string, former?: (content: string) => string): AsyncGenerator<KeptRow> {
  const bytes = Readable.from(await landing.get(key)).pipe(createGunzip());
  for await (const { text } of splitLines(bytes)) yield decodeRow(text, key, former);
}

/** Joined to chunks, so that the compressor is not called once per line. */
export async function* encoded(rows: AsyncIterable<KeptRow>): AsyncGenerator<string> {
  let chunk = '';
  for await (const row of rows) {
    chunk += encodeRow(row);
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
