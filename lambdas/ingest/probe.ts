import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpSource } from '../../contracts/index.js';
import type { Reader, ReadingContext } from '../../contracts/reading.js';
import type { Answer, Fetch, FetchResult } from './http/fetch.js';
import { type FetchTarget, MissingKey } from './http/request.js';
import { bytesOf, notABody } from './landing/body.js';

/** Bytes of a body's beginning that a format is looked for in. */
const HEAD_BYTES = 256 * 1024;
const PERMANENT = new Set([301, 308]);

/** What a lake, or an earlier probe, knows of a source: what makes a request conditional, and when it may be made. */
export interface Known {
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Not before this time, epoch milliseconds. */
  readonly notBefore: number | null;
}

export interface ProbeDeps {
  /** To be tried once: a probe is one request. */
  readonly fetch: Fetch;
  readonly target: (source: HttpSource) => Promise<FetchTarget>;
  readonly reader: (source: HttpSource) => Reader;
  readonly known: (source: HttpSource) => Promise<Known>;
  /** The rows of the last snapshot of a source of the same dataset, where a lake is at hand; null where it has none. */
  readonly kept: ReadingContext['kept'];
  /** Told before a source that asks for an interval is asked. */
  readonly asked: (source: HttpSource, at: number) => void;
  readonly now: () => number;
  /** A folder for the body, which is removed. */
  readonly temporaryFolder: string;
}

export interface Probe {
  readonly source: string;
  /** The address as the contract has it: a key is not in it. */
  readonly url: string;
  /** `differs`: it answers, and not as declared. `skipped`: it asks to be left alone for now. */
  readonly outcome: 'ok' | 'not_modified' | 'differs' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly reason: string | null;
  readonly status: number | null;
  readonly redirects: readonly { readonly status: number; readonly to: string }[];
  readonly contentType: string | null;
  /** Length of the decoded body. */
  readonly bytes: number | null;
  readonly declared: string;
  /** The format that the body is of; null where there is no body, or none fits. */
  readonly detected: string | null;
  /** Rows, each once. */
  readonly read: number | null;
  readonly rejected: number | null;
  /** What only this kind of source has to count, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly samples: readonly string[];
  /** What is not as declared, each in words. */
  readonly differs: readonly string[];
  readonly milliseconds: number;
}

type Judged = Pick<Probe, 'detected' | 'read' | 'rejected' | 'counts' | 'samples' | 'differs'>;
type Found = Omit<Probe, 'source' | 'url' | 'declared' | 'milliseconds'>;

const NOTHING: Found = {
  outcome: 'failed',
  reason: null,
  status: null,
  redirects: [],
  contentType: null,
  bytes: null,
  detected: null,
  read: null,
  rejected: null,
  counts: {},
  samples: [],
  differs: [],
};

/**
 * One polite, conditional request to a source, held against its contract. Nothing of the answer is kept. Never throws for
 * what the other side does.
 */
export async function probe(source: HttpSource, deps: ProbeDeps): Promise<Probe> {
  const began = deps.now();
  const found = await look(source, deps);
  return { source: source.name, url: source.url, declared: source.format, ...found, milliseconds: deps.now() - began };
}

async function look(source: HttpSource, deps: ProbeDeps): Promise<Found> {
  const known = await deps.known(source);
  const now = deps.now();
  if (known.notBefore !== null && now < known.notBefore)
    return { ...NOTHING, outcome: 'skipped', reason: `the source asks not to be fetched before ${new Date(known.notBefore).toISOString()}` };
  let target: FetchTarget;
  try {
    target = await deps.target(source);
  } catch (cause) {
    if (cause instanceof MissingKey) return { ...NOTHING, reason: cause.message };
    throw cause;
  }
  if (target.minIntervalMs > 0) deps.asked(source, now);
  const folder = await mkdtemp(join(deps.temporaryFolder, 'probe-'));
  try {
    const file = join(folder, 'body.gz');
    const answers: Answer[] = [];
    const { url, headers, secrets } = target;
    const { etag, lastModified } = known;
    const fetched = await deps.fetch({ url, headers, secrets, etag, lastModified, maxBytes: source.bounds.maxBytes, file, seen: (answer) => void answers.push(answer) });
    const last = answers.at(-1);
    const redirects = answers.flatMap(({ status, location }) => (location === null ? [] : [{ status, to: location }]));
    const told = { redirects, status: fetched.status ?? last?.status ?? null, contentType: last?.contentType ?? null };
    const moved = redirects.flatMap(({ status, to }) => (PERMANENT.has(status) ? [`it has moved for good to ${to} (${status})`] : []));
    if (fetched.kind === 'failed') return { ...NOTHING, ...told, reason: whyFailed(fetched, source), differs: moved };
    if (fetched.kind === 'notModified') return { ...NOTHING, ...told, outcome: moved.length > 0 ? 'differs' : 'not_modified', differs: moved };
    const judged = await judge(source, file, folder, deps);
    const differs = [...moved, ...judged.differs];
    return { ...NOTHING, ...told, ...judged, bytes: fetched.bytes, outcome: differs.length > 0 ? 'differs' : 'ok', differs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a status says of a source, for who has to mend the contract. */
function whyFailed({ status, reason, retryAfterMs }: Extract<FetchResult, { kind: 'failed' }>, { homepage, key }: HttpSource): string {
  const after = retryAfterMs === undefined ? '' : `, for ${Math.ceil(retryAfterMs / 1000)} s`;
  if (status === 401 || status === 403) return `${reason}: ${key === undefined ? 'it asks for a key, or refuses this address' : 'it refuses the key'} (${homepage})`;
  if (status === 404 || status === 410) return `${reason}: it is gone from there (${homepage})`;
  if (status === 429) return `${reason}: it asks to be left alone${after}`;
  return reason;
}

/** What the body holds, against what the contract says of it. */
async function judge(source: HttpSource, file: string, folder: string, { kept, ...deps }: ProbeDeps): Promise<Judged> {
  const reader = deps.reader(source);
  const { format, bounds } = source;
  const refused = await notABody(file, format === 'xml');
  if (refused !== null) return { detected: null, read: null, rejected: null, counts: {}, samples: [], differs: [refused] };
  const reading = await reader.read(() => bytesOf(file), { source, folder, kept });
  for (const _ of reading.rows());
  const { read, rows, rejected, counts, samples, unreadable, doubt } = reading.told();
  const good = rows - rejected;
  const reads = unreadable === null && read > 0 && good >= rows * bounds.minValid;
  const detected = reader.detect?.(await headOf(file)) ?? (reads ? format : null);
  const differs: string[] = [];
  if (unreadable !== null) differs.push(unreadable);
  if (detected !== format) differs.push(`its rows are ${detected === null ? 'of no format that is read here' : detected}, the contract says ${format}`);
  if (unreadable === null && !reads && rows > 0) differs.push(`${good} of ${rows} rows are ${format}, the contract asks for ${Math.round(bounds.minValid * 100)} %`);
  if (read < bounds.minEntries) differs.push(`${read} entries, the contract asks for ${bounds.minEntries} at least`);
  if (doubt !== null) differs.push(doubt);
  return { detected, read, rejected, counts, samples, differs };
}

/** The whole lines at the beginning of a kept body. */
async function headOf(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(file)) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > HEAD_BYTES) {
      const head = Buffer.concat(chunks);
      return head.subarray(0, head.lastIndexOf('\n') + 1);
    }
  }
  return Buffer.concat(chunks);
}
