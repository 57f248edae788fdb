import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { splitLines } from '../shared/lines.js';
import { decodeEntry, type SnapshotEntry } from '../shared/snapshot.js';

/** The landing bucket as ingestion uses it: objects written once under keys that say what they are. */
export interface LandingStore {
  /** Uploads a file, gzip-compressed already where the key ends in `.gz`. A key that exists is left as it is. */
  put(key: string, file: string): Promise<void>;
  /** The object's bytes as stored. @throws Error where there is none */
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
}

/** Where each thing lies. A body goes by its hash, so that it is kept once however often it comes. */
export const landingKeys = {
  body: (source: string, sha256: string) => `bodies/${source}/${sha256}.gz`,
  refused: (source: string, sha256: string) => `refused/${source}/${sha256}.gz`,
  snapshot: (source: string, sequence: number, runId: string) => `snapshots/${source}/${String(sequence).padStart(10, '0')}-${runId}.tsv.gz`,
};

/** The entries of a stored snapshot, in its order. */
export async function* snapshotEntries(landing: Pick<LandingStore, 'get'>, key: string): AsyncGenerator<SnapshotEntry> {
  const bytes = Readable.from(await landing.get(key)).pipe(createGunzip());
  for await (const { text } of splitLines(bytes)) yield decodeEntry(text, key);
}

/** A body that is small enough to be held whole, as text. */
export async function textOf(compressed: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of Readable.from(compressed).pipe(createGunzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
