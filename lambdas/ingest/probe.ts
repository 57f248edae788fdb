import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { HttpSource } from '../../contracts/index.js';
import { detectFormat, shareOf } from '../shared/formats/detect.js';
import { parseBody } from '../shared/formats/index.js';
import { MAX_REJECT_SAMPLES } from '../shared/formats/parsed.js';
import type { HostKnowledge } from '../shared/host-evidence.js';
import type { Answer, Fetch, FetchResult } from './fetch.js';
import { sharedHosts } from './host-knowledge.js';
import { type FetchTarget, MissingKey } from './request.js';
import { ListRules } from './resolve.js';
import { nothingTold } from './rows-of-name.js';
import { notAList } from './run.js';
import { SortedListings } from './sorted-listings.js';

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
  readonly known: (source: HttpSource) => Promise<Known>;
  /** Of hosts that many share, asked for a list of URLs alone. */
  readonly hosts: (source: HttpSource) => Promise<HostKnowledge>;
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
  readonly declared: HttpSource['format'];
  /** The format that the body is of; null where there is no body, or none fits. */
  readonly detected: HttpSource['format'] | null;
  readonly lines: number | null;
  readonly entries: number | null;
  readonly allowed: number | null;
  readonly rejects: number | null;
  readonly rejectSamples: readonly string[];
  /** What is not as declared, each in words. */
  readonly differs: readonly string[];
  readonly milliseconds: number;
}

type Found = Omit<Probe, 'source' | 'url' | 'declared' | 'milliseconds'>;

const NOTHING: Found = {
  outcome: 'failed',
  reason: null,
  status: null,
  redirects: [],
  contentType: null,
  bytes: null,
  detected: null,
  lines: null,
  entries: null,
  allowed: null,
  rejects: null,
  rejectSamples: [],
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
    const judged = await judge(source, file, folder, () => deps.hosts(source));
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
async function judge(
  source: HttpSource,
  file: string,
  folder: string,
  hosts: () => Promise<HostKnowledge>,
): Promise<Pick<Found, 'detected' | 'lines' | 'entries' | 'allowed' | 'rejects' | 'rejectSamples' | 'differs'>> {
  const { format, bounds, top } = source;
  const refused = await notAList(file);
  if (refused !== null) return { detected: null, lines: null, entries: null, allowed: null, rejects: null, rejectSamples: [], differs: [refused] };
  const rules = new ListRules(format, new SortedListings(folder));
  const body = () => createReadStream(file).pipe(createGunzip());
  const shared = await sharedHosts(format, body, hosts);
  const options = { ...(top === undefined ? {} : { top }), ...shared };
  const report = await parseBody(format, body(), (entry, line, { action = 'block', ...details }) => rules.add(entry, line, action, details), options);
  let [entries, allowed] = [0, 0];
  const told = nothingTold();
  for (const [key] of rules.entries(report, told)) {
    if (key.endsWith('\tallow')) allowed++;
    else entries++;
  }
  const { claimedEntries } = report;
  const refusal = report.refusal ?? rules.refusal(report);
  // What the list as a whole refuses was accepted row by row.
  const counts = { ...report.counts, accepted: report.counts.accepted - told.rejects, rejects: report.counts.rejects + told.rejects };
  const rejectSamples = [...report.rejectSamples, ...told.rejectSamples].slice(0, MAX_REJECT_SAMPLES);
  const rows = counts.accepted + counts.ignored + counts.rejects;
  const reads = refusal === null && entries + allowed > 0 && shareOf(counts) >= bounds.minValid;
  const detected = detectFormat(await headOf(file)) ?? (reads ? format : null);
  const differs: string[] = [];
  if (refusal !== null) differs.push(refusal);
  if (detected !== format) differs.push(`its rows are ${detected === null ? 'of no format that is read here' : detected}, the contract says ${format}`);
  if (refusal === null && !reads && rows > 0)
    differs.push(`${counts.accepted + counts.ignored} of ${rows} rows are ${format}, the contract asks for ${Math.round(bounds.minValid * 100)} %`);
  if (entries < bounds.minEntries) differs.push(`${entries} entries, the contract asks for ${bounds.minEntries} at least`);
  if (claimedEntries !== null && claimedEntries !== rows) differs.push(`its last line claims ${claimedEntries} entries, it holds ${rows}`);
  return { detected, lines: counts.lines, entries, allowed, rejects: counts.rejects, rejectSamples, differs };
}

/** The whole lines at the beginning of a kept body. */
async function headOf(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(file).pipe(createGunzip())) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > HEAD_BYTES) {
      const head = Buffer.concat(chunks);
      return head.subarray(0, head.lastIndexOf('\n') + 1);
    }
  }
  return Buffer.concat(chunks);
}
