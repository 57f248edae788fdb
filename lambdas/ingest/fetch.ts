import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';

export interface FetchRequest {
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Most bytes of the decoded body. */
  readonly maxBytes: number;
  /** Where the body goes, gzip-compressed. */
  readonly file: string;
}

export type FetchResult =
  | { readonly kind: 'body'; readonly status: number; readonly sha256: string; readonly bytes: number; readonly etag: string | null; readonly lastModified: string | null }
  | { readonly kind: 'notModified'; readonly status: 304 }
  | { readonly kind: 'failed'; readonly status: number | null; readonly reason: string };

export type Fetch = (request: FetchRequest) => Promise<FetchResult>;

/** Deadlines in milliseconds: to the headers, between two chunks of the body, and in all. */
const HEADERS_MS = 30_000;
const BODY_MS = 30_000;
const TOTAL_MS = 240_000;

const one = (value: string | string[] | undefined): string | null => (Array.isArray(value) ? (value[0] ?? null) : (value ?? null));

/** Passes bytes through, hashing and counting them; fails past `maxBytes`. */
class Meter extends Transform {
  readonly hash = createHash('sha256');
  bytes = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      done(new Error(`body is larger than ${this.maxBytes} bytes`));
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }
}

/**
 * A conditional GET whose body goes, decoded, counted and hashed, into a gzip file. Never throws for what the other
 * side does: a status that is neither 200 nor 304, a broken connection, a deadline, a body too large all come back as
 * `failed` with the reason.
 */
export function httpFetch(dispatcher?: Dispatcher): Fetch {
  return async ({ url, etag, lastModified, maxBytes, file }) => {
    let status: number | null = null;
    try {
      const response = await request(url, {
        ...(dispatcher ? { dispatcher } : {}),
        headers: {
          'user-agent': 'sluice (streaming lakehouse)',
          'accept-encoding': 'gzip',
          ...(etag === null ? {} : { 'if-none-match': etag }),
          ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
        },
        headersTimeout: HEADERS_MS,
        bodyTimeout: BODY_MS,
        signal: AbortSignal.timeout(TOTAL_MS),
      });
      status = response.statusCode;
      if (status === 304) {
        await response.body.dump();
        return { kind: 'notModified', status };
      }
      if (status !== 200) {
        await response.body.dump();
        return { kind: 'failed', status, reason: `status ${status}` };
      }
      const encoding = one(response.headers['content-encoding'])?.toLowerCase() ?? 'identity';
      if (encoding !== 'gzip' && encoding !== 'identity') {
        await response.body.dump();
        return { kind: 'failed', status, reason: `content-encoding ${encoding} was not asked for` };
      }
      const meter = new Meter(maxBytes);
      const compress = createGzip({ level: 6 });
      const sink = createWriteStream(file);
      if (encoding === 'gzip') await pipeline(response.body, createGunzip(), meter, compress, sink);
      else await pipeline(response.body, meter, compress, sink);
      return { kind: 'body', status, sha256: meter.hash.digest('hex'), bytes: meter.bytes, etag: one(response.headers.etag), lastModified: one(response.headers['last-modified']) };
    } catch (cause) {
      const error = cause as Error & { code?: string };
      return { kind: 'failed', status, reason: error.code ? `${error.code}: ${error.message}` : error.message };
    }
  };
}
