import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { urlOf } from '../../../datasets/shared/url.js';
import { FAST } from '../landing/gzip.js';
import { assertAllowedUrl, ForbiddenTarget, guardedConnector, type Resolve, systemResolve } from './guard.js';
import { redact, redactUrl } from './redact.js';
import { backoffMs, isTransientStatus, MAX_QUIET_MS, MAX_RETRY_AFTER_MS, retryAfterMs } from './retry.js';

/** One answer on the way, a redirect among them. */
export interface Answer {
  readonly status: number;
  /** Where it redirects to, secrets taken out; null where it does not. */
  readonly location: string | null;
  readonly contentType: string | null;
}

export interface FetchRequest {
  readonly url: string;
  /** What the source asks for beside the usual headers, such as its key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that no reason may hold. */
  readonly secrets: readonly string[];
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Most bytes of the decoded body. */
  readonly maxBytes: number;
  /** Where the body goes, gzip-compressed. */
  readonly file: string;
  /** Told of each answer. */
  readonly seen?: (answer: Answer) => void;
}

export type FetchResult =
  | { readonly kind: 'body'; readonly status: number; readonly sha256: string; readonly bytes: number; readonly etag: string | null; readonly lastModified: string | null }
  | { readonly kind: 'notModified'; readonly status: 304 }
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly reason: string /** How long the source asks to be left alone, at most a day. */;
      readonly retryAfterMs?: number;
    };

export type Fetch = (request: FetchRequest) => Promise<FetchResult>;

/** Deadlines in milliseconds: to connect, to the headers, between two chunks of the body, and for all tries together. */
export interface Deadlines {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
  readonly total: number;
}

export const DEADLINES: Deadlines = { connect: 10_000, headers: 30_000, body: 30_000, total: 240_000 };
export const MAX_TRIES = 4;
export const MAX_REDIRECTS = 5;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface FetchOptions {
  /** Addresses of this machine and its network may be fetched: recorded feeds. @default false */
  readonly allowPrivate?: boolean;
  /** @default - the system's resolver */
  readonly resolve?: Resolve;
  /** @default - undici's */
  readonly connector?: buildConnector.connector;
  /** @default {@link DEADLINES} */
  readonly deadlines?: Deadlines;
  /** How often a source is asked at most. @default {@link MAX_TRIES} */
  readonly tries?: number;
  /** Waits so many milliseconds. @default - a timer */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default Date.now */
  readonly now?: () => number;
}

const one = (value: string | string[] | undefined): string | null => (Array.isArray(value) ? (value[0] ?? null) : (value ?? null));

/** A body that is not what its headers say. Asking again would give the same. */
class BadBody extends Error {
  override readonly name = 'BadBody';
}

/** Passes bytes through, hashing and counting them; fails past `maxBytes`, and where they hold a secret: bodies are kept, and shown. */
class Meter extends Transform {
  readonly hash = createHash('sha256');
  bytes = 0;
  private readonly secrets: readonly Buffer[];
  /** The end of what has passed: a secret may lie across two chunks. */
  private tail: Buffer = Buffer.alloc(0);

  constructor(
    private readonly maxBytes: number,
    secrets: readonly string[],
  ) {
    super();
    this.secrets = secrets.filter((secret) => secret !== '').map((secret) => Buffer.from(secret));
  }

  private holdsSecret(chunk: Buffer): boolean {
    if (this.secrets.length === 0) return false;
    const seen = Buffer.concat([this.tail, chunk]);
    const longest = Math.max(...this.secrets.map(({ length }) => length));
    this.tail = Buffer.from(seen.subarray(Math.max(0, seen.length - longest + 1)));
    return this.secrets.some((secret) => seen.includes(secret));
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      done(new BadBody(`body is larger than ${this.maxBytes} bytes`));
      return;
    }
    if (this.holdsSecret(chunk)) {
      done(new BadBody('the body repeats the key that it was asked with, so it is not kept'));
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }
}

/** What one try came to: an end, or a reason to try again. */
type Try =
  | { readonly result: FetchResult; readonly again: false }
  | { readonly result: Extract<FetchResult, { kind: 'failed' }>; readonly again: true; readonly retryAfter: string | null };

/**
 * A conditional GET whose body goes, decoded, counted and hashed, into a gzip file. Never throws for what the other
 * side does: a status that is neither 200 nor 304, a broken connection, a deadline, a body too large, a redirect to
 * where nothing may be fetched all come back as `failed` with the reason, secrets taken out.
 *
 * Tried again, with full jitter, after 408, 425, 429, 5xx and network errors only.
 */
export function httpFetch(options: FetchOptions = {}): Fetch {
  const { allowPrivate = false, resolve = systemResolve, deadlines = DEADLINES, tries = MAX_TRIES, random = Math.random, now = Date.now } = options;
  const sleep = options.sleep ?? ((milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)));
  const connector = options.connector ?? buildConnector({ timeout: deadlines.connect });
  const agent = new Agent({ connect: guardedConnector({ resolve, connector, allowPrivate }), headersTimeout: deadlines.headers, bodyTimeout: deadlines.body });
  return async (wanted) => {
    const until = now() + deadlines.total;
    const signal = AbortSignal.timeout(deadlines.total);
    for (let attempt = 0; ; attempt++) {
      const tried = await tryOnce(wanted, agent, allowPrivate, signal);
      if (!tried.again) return tried.result;
      const asked = retryAfterMs(tried.retryAfter, now());
      const wait = Math.min(asked ?? backoffMs(attempt, random()), MAX_RETRY_AFTER_MS);
      if (attempt + 1 >= tries || now() + wait >= until) return asked === null ? tried.result : { ...tried.result, retryAfterMs: Math.min(asked, MAX_QUIET_MS) };
      await sleep(wait);
    }
  };
}

async function tryOnce(wanted: FetchRequest, agent: Agent, allowPrivate: boolean, signal: AbortSignal): Promise<Try> {
  let status: number | null = null;
  const failed = (reason: string): Extract<FetchResult, { kind: 'failed' }> => ({ kind: 'failed', status, reason });
  try {
    const response = await follow(wanted, agent, allowPrivate, signal);
    status = response.statusCode;
    if (status === 304) {
      await response.body.dump();
      return { result: { kind: 'notModified', status }, again: false };
    }
    if (status !== 200) {
      await response.body.dump();
      const result = failed(`status ${status}`);
      return isTransientStatus(status) ? { result, again: true, retryAfter: one(response.headers['retry-after']) } : { result, again: false };
    }
    return { result: await store(response, wanted), again: false };
  } catch (cause) {
    const error = cause as Error & { code?: unknown };
    const code = typeof error.code === 'string' ? error.code : '';
    const told = signal.aborted ? 'no whole answer within the deadline for all tries' : code ? `${code}: ${error.message}` : error.message || error.name;
    const result = failed(redact(told, wanted.url, wanted.secrets));
    // A stream that zlib cannot read says Z_…; asked again, the server would send it again.
    const final = error instanceof ForbiddenTarget || error instanceof BadBody || code.startsWith('Z_') || signal.aborted;
    return final ? { result, again: false } : { result, again: true, retryAfter: null };
  }
}

/** The answer at the end of at most {@link MAX_REDIRECTS} redirects, each hop checked as the first was. */
async function follow(
  { url, headers, secrets, etag, lastModified, seen }: FetchRequest,
  agent: Agent,
  allowPrivate: boolean,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  let at = new URL(url);
  const { origin } = at;
  for (let hops = 0; ; hops++) {
    assertAllowedUrl(at, allowPrivate);
    const response = await request(at.href, {
      dispatcher: agent,
      signal,
      headers: {
        'user-agent': 'sluice (streaming lakehouse)',
        'accept-encoding': 'gzip',
        // A key is for the host that asked for it, not for whom it redirects to.
        ...(at.origin === origin ? headers : {}),
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
      },
    });
    const location = one(response.headers.location);
    const redirects = REDIRECTS.has(response.statusCode) && location !== null;
    const next = redirects ? urlOf(location, at.href) : undefined;
    const told = redirects ? redact(next === undefined ? location : redactUrl(next.href), url, secrets) : null;
    seen?.({ status: response.statusCode, location: told, contentType: one(response.headers['content-type']) });
    if (!redirects) return response;
    await response.body.dump();
    if (hops >= MAX_REDIRECTS) throw new ForbiddenTarget(`more than ${MAX_REDIRECTS} redirects`);
    if (next === undefined) throw new ForbiddenTarget('redirected to what is no URL');
    if (next.origin !== origin && secrets.some((secret) => secret !== '' && next.href.includes(secret))) throw new ForbiddenTarget(`redirected to ${next.host} with the key`);
    if (at.protocol === 'https:' && next.protocol === 'http:') throw new ForbiddenTarget(`redirected from https to http (${redactUrl(next.href)})`);
    at = next;
  }
}

/** A body that is a gzip file itself (`list.csv.gz`), whatever its headers call it, unpacked; any other as it is. */
async function* unpacked(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  if (!head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    yield* whole();
    return;
  }
  const gunzip = createGunzip();
  // What breaks on the way in breaks the reading below.
  pipeline(Readable.from(whole()), gunzip).catch(() => undefined);
  yield* gunzip;
}

async function store(response: Dispatcher.ResponseData, { maxBytes, secrets, file }: FetchRequest): Promise<FetchResult> {
  const encoding = one(response.headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    await response.body.dump();
    throw new BadBody(`content-encoding ${encoding} was not asked for`);
  }
  const meter = new Meter(maxBytes, secrets);
  const compress = createGzip(FAST);
  const sink = createWriteStream(file);
  if (encoding === 'gzip') await pipeline(response.body, createGunzip(), unpacked, meter, compress, sink);
  else await pipeline(response.body, unpacked, meter, compress, sink);
  return {
    kind: 'body',
    status: response.statusCode,
    sha256: meter.hash.digest('hex'),
    bytes: meter.bytes,
    etag: one(response.headers.etag),
    lastModified: one(response.headers['last-modified']),
  };
}
