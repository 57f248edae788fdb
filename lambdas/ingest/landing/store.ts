import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

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

/** A body that is small enough to be held whole, as text. */
export async function textOf(compressed: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of Readable.from(compressed).pipe(createGunzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
