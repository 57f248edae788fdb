import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { unzipped } from './gzip.js';
import type { LandingStore } from './store.js';

const READ_BYTES = 128 * 1024;

/** A body to judge, gzip-compressed in a file on its way. */
export interface Body {
  readonly kind: 'body';
  readonly file: string;
  readonly status: number;
  readonly sha256: string;
  /** Null where nobody counted them. */
  readonly bytes: number | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** What was asked of a source: a body, or why there is none. */
export type Gathered =
  | Body
  | { readonly kind: 'notModified'; readonly status: 304 }
  | { readonly kind: 'failed'; readonly status: number | null; readonly reason: string }
  | { readonly kind: 'tooSoon'; readonly until: number };

/** A body that nobody was asked for. */
export async function ownBody(text: string, file: string): Promise<Body> {
  await writeFile(file, gzipSync(text));
  return { kind: 'body', status: 200, sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text), etag: null, lastModified: null, file };
}

/** A body that is kept, as if it had been fetched. @param from what the source said of it then */
export async function keptBody(landing: LandingStore, key: string, sha256: string, file: string, from?: Pick<Body, 'etag' | 'lastModified'>): Promise<Body> {
  await pipeline(Readable.from(await landing.get(key)), createWriteStream(file));
  return { kind: 'body', status: 200, sha256, bytes: null, etag: from?.etag ?? null, lastModified: from?.lastModified ?? null, file };
}

/** The decoded bytes of a body on its way. */
export const bytesOf = (file: string): AsyncIterable<Uint8Array> => unzipped(createReadStream(file, { highWaterMark: READ_BYTES }));

/** What a body is by its first bytes, where it is none to be read; null where it may be one. @param xml whether XML is what is wanted */
export async function notABody(file: string, xml = false): Promise<string | null> {
  for await (const chunk of bytesOf(file)) {
    const bytes = Buffer.from(chunk);
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return `the body is UTF-16, ${xml ? 'documents' : 'lists'} are UTF-8`;
    if (bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') return 'the body is a zip archive, which is not unpacked';
    const head = bytes.subarray(0, 512).toString('latin1').trimStart();
    const html = xml ? /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)/i : /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|\?xml)/i;
    return html.test(head) ? 'the body is HTML' : null;
  }
  return 'the body is empty';
}
