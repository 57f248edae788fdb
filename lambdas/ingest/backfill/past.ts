import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { githubFile, type HttpSource } from '../../../contracts/index.js';
import type { Fetch } from '../http/fetch.js';
import { type LandingStore, landingKeys, textOf } from '../landing/store.js';

/**
 * A stretch of days that one backfill fills, `2026-10-01~2026-10-31`, both included. What it publishes stands by itself:
 * it begins with all that was listed on its first day, and ends with all of it delisted when its last day is over, so
 * that neither another stretch nor the live list counts twice.
 */
export type Stretch = `${string}~${string}`;

/** One step of a backfill: the list as it was at a time, or its end. */
export const pastStepSchema = z
  .object({
    stretch: z.custom<Stretch>((value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d~\d{4}-\d\d-\d\d$/.test(value), 'a stretch is YYYY-MM-DD~YYYY-MM-DD'),
    /** The time since when the version held, ISO; of the end, the midnight after the last day. */
    at: z.iso.datetime(),
    /** The version's body, which is kept already; null for the end, when all is delisted. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'no sha256')
      .nullable(),
  })
  .strict();
export type PastStep = Readonly<z.infer<typeof pastStepSchema>>;

/** A version of a list that its publisher still has. */
export interface PastVersion {
  /** The commit. */
  readonly version: string;
  /** When it was published, ISO. */
  readonly at: string;
}

/** What is asked of the past of a source: which versions there are, or one body, to be kept. */
export type PastQuestion = { readonly past: 'versions'; readonly source: string; readonly from: string; readonly to: string } | PastBodyQuestion;
interface PastBodyQuestion {
  readonly past: 'body';
  readonly source: string;
  readonly version: string;
}

export interface KeptBody {
  readonly sha256: string;
  readonly bytes: number;
}

/** A version that can never be had: its publisher has it no more, or its body is none. */
export interface LostBody {
  readonly lost: string;
}

export type PastAnswer = { readonly versions: readonly PastVersion[] } | KeptBody | LostBody;

export const isPastQuestion = (event: object): event is PastQuestion => 'past' in event && typeof event.past === 'string';

/** The name under which a stretch has state, lease and snapshots. */
export const stretchName = (source: string, stretch: Stretch): string => `${source}~${stretch}`;

const DAY_MS = 24 * 3_600_000;
/** Far enough below 0 that no time of this century reaches it. */
const BEFORE_ALL_LIVE = 10_000_000_000;

/**
 * The `sequence` of what a step publishes: below every live one, in the order of time; the end of a stretch comes before
 * a stretch that begins at the same midnight.
 */
export const pastSequence = ({ at, sha256 }: Pick<PastStep, 'at' | 'sha256'>): number => Math.floor(Date.parse(at) / 1000) - BEFORE_ALL_LIVE - (sha256 === null ? 1 : 0);

/** The past cannot be asked, or does not say what it should. */
export class PastUnavailable extends Error {
  override readonly name = 'PastUnavailable';
}

export interface PastDeps {
  readonly fetch: Fetch;
  readonly landing: Pick<LandingStore, 'put'>;
  readonly temporaryFolder: string;
  /** A server of recorded feeds. @default - the source's own */
  readonly feedsUrl?: string;
}

const commitsSchema = z.array(z.object({ sha: z.string().regex(/^[0-9a-f]{7,64}$/), commit: z.object({ committer: z.object({ date: z.iso.datetime({ offset: true }) }) }) }));
const PAGE = 100;
const MAX_PAGES = 100;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** The repository's own addresses, or those of the recording. */
function placesOf(source: HttpSource, feedsUrl: string | undefined) {
  const file = source.kind === 'list' && source.past === 'github' ? githubFile(source.url) : null;
  if (file === null) throw new PastUnavailable(`${source.name} keeps no past`);
  const { repository, branch, path } = file;
  return {
    commits: (query: Record<string, string>) =>
      `${feedsUrl === undefined ? `https://api.github.com/repos/${repository}/commits` : `${feedsUrl}/_past/${source.name}/commits`}?${new URLSearchParams({ sha: branch, path, ...query })}`,
    body: (version: string) => (feedsUrl === undefined ? `https://raw.githubusercontent.com/${repository}/${version}/${path}` : `${feedsUrl}/_past/${source.name}/${version}`),
  };
}

async function withFile<T>(folder: string, work: (file: string) => Promise<T>): Promise<T> {
  const own = await mkdtemp(join(folder, 'past-'));
  try {
    return await work(join(own, 'body.gz'));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Answers that another day will not better; 200 is that of a body that is too large, or broken. */
const FINAL_STATUSES: ReadonlySet<number | null> = new Set([200, 404, 410, 451]);

async function fetched(url: string, maxBytes: number, file: string, what: string, { fetch }: PastDeps): Promise<KeptBody | LostBody> {
  const result = await fetch({ url, headers: {}, secrets: [], etag: null, lastModified: null, maxBytes, file });
  if (result.kind === 'body') return { sha256: result.sha256, bytes: result.bytes };
  const reason = `${what}: ${result.kind === 'failed' ? result.reason : result.kind}`;
  if (FINAL_STATUSES.has(result.status)) return { lost: reason };
  throw new PastUnavailable(reason);
}

async function commits(query: Record<string, string>, source: HttpSource, deps: PastDeps): Promise<PastVersion[]> {
  const url = placesOf(source, deps.feedsUrl).commits(query);
  return withFile(deps.temporaryFolder, async (file) => {
    const what = `the versions of ${source.name} could not be listed`;
    const page = await fetched(url, MAX_PAGE_BYTES, file, what, deps);
    if ('lost' in page) throw new PastUnavailable(page.lost);
    let json: unknown;
    try {
      json = JSON.parse(await textOf(createReadStream(file)));
    } catch {
      throw new PastUnavailable(`${what}: the answer is no JSON`);
    }
    const parsed = commitsSchema.safeParse(json);
    if (!parsed.success) throw new PastUnavailable(`${what}: ${z.prettifyError(parsed.error)}`);
    return parsed.data.map(({ sha, commit }) => ({ version: sha, at: new Date(commit.committer.date).toISOString() }));
  });
}

/**
 * What a list was over a stretch of days: the version that held when it began, if there was one, as of that midnight, then
 * the last version of each day.
 *
 * @param from first day, `2026-10-01`
 * @param to last day, included
 * @throws PastUnavailable where the publisher's history does not answer, or is longer than 10,000 versions
 */
export async function versionsBetween(source: HttpSource, from: string, to: string, deps: PastDeps): Promise<PastVersion[]> {
  const begin = new Date(`${from}T00:00:00Z`).toISOString();
  const end = new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString();
  const found: PastVersion[] = [];
  for (let page = 1; ; page++) {
    if (page > MAX_PAGES) throw new PastUnavailable(`${source.name} has more than ${PAGE * MAX_PAGES} versions from ${from} to ${to}: ask for less at a time`);
    const some = await commits({ since: begin, until: end, per_page: String(PAGE), page: String(page) }, source, deps);
    found.push(...some.filter(({ at }) => at >= begin && at < end));
    if (some.length < PAGE) break;
  }
  const [before] = await commits({ until: begin, per_page: '1', page: '1' }, source, deps);
  const byDay = new Map<string, PastVersion>();
  for (const each of found.sort((a, b) => (a.at < b.at ? -1 : 1))) byDay.set(each.at.slice(0, 10), each);
  const versions = [...byDay.values()];
  // A version of that very midnight is the one that held, too.
  return before && before.at < begin && versions[0]?.at !== begin ? [{ version: before.version, at: begin }, ...versions] : versions;
}

/** Fetches a version's body into the landing bucket, where the bodies of today are too. @throws PastUnavailable where it may be had later */
export async function keepBody(source: HttpSource, version: string, deps: PastDeps): Promise<KeptBody | LostBody> {
  if (!/^[0-9a-f]{7,64}$/.test(version)) throw new PastUnavailable(`${JSON.stringify(version.slice(0, 80))} is no version of ${source.name}`);
  return withFile(deps.temporaryFolder, async (file) => {
    const body = await fetched(placesOf(source, deps.feedsUrl).body(version), source.bounds.maxBytes, file, `version ${version} of ${source.name} could not be fetched`, deps);
    if ('sha256' in body) await deps.landing.put(landingKeys.body(source.name, body.sha256), file);
    return body;
  });
}
