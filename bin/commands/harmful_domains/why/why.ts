import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { SOURCE_STATE_NAMES } from '../../../../datasets/harmful_domains/contract.js';
import { classify, classifyUrl, type Entry } from '../../../../datasets/harmful_domains/entries.js';
import { httpSources } from '../../../../datasets/index.js';
import { splitLines } from '../../../../datasets/shared/lines.js';
import { landingKeys } from '../../../../lambdas/ingest/landing/store.js';
import { physicalName } from '../../../../lib/config.js';
import { runQuery } from '../../../lake/athena.js';
import type { Target } from '../../../lake/target.js';
import { CliError, EXIT } from '../../../output.js';

/** One source's word on a name: an element of `gold.harmful_domains.sources`, and where its record stands. */
export interface Listing {
  readonly source: string;
  readonly action: string;
  readonly scope: string;
  readonly category: string | null;
  /** Whose findings these are: sources of one origin count once. */
  readonly origin: string;
  readonly reliability: number | null;
  readonly current: boolean;
  readonly firstSeen: string | null;
  readonly changedAt: string;
  readonly lastSeen: string | null;
  readonly listedAt: string | null;
  readonly sequence: number;
  readonly line: number | null;
  readonly tags: readonly string[];
  readonly reason: string | null;
  readonly validUntil: string | null;
  /** Newest record of the listing in Kafka: `topic/partition@offset`. */
  readonly coordinates: string | null;
  readonly runId: string | null;
  /** The row of the list as its publisher wrote it; null where the body is not kept (any more). */
  readonly rawLine: string | null;
}

/** A row of Gold, of the name itself or of a parent. */
export interface NameRow {
  readonly type: Entry['type'];
  readonly name: string;
  readonly scope: string;
  readonly isActive: boolean;
  readonly widelyUsed: boolean;
  readonly originCount: number;
  readonly categories: readonly string[];
  readonly confidenceBase: number | null;
  readonly confidenceAt: string | null;
  readonly firstSeen: string | null;
  readonly delistedAt: string | null;
  readonly listings: readonly Listing[];
}

export interface Explanation {
  readonly name: string;
  readonly type: Entry['type'];
  readonly verdict: 'harmful' | 'allowed' | 'not listed' | 'no longer listed' | 'not enough origins';
  /** In a sentence. */
  readonly because: string;
  /** Of the row that decides, read now (docs/confidence.md); null where none lists it. */
  readonly confidence: number | null;
  /** The name's own row, then its parents', nearest first. */
  readonly rows: readonly NameRow[];
}

const DAY_MS = 24 * 3600 * 1000;
const HALF_LIFE_DAYS = 30;
/** As many independent origins must block a name that is widely used before it counts as harmful. */
const ORIGINS_OF_POPULAR = 2;

/** The entry that a word of the command line means. @throws CliError saying why it can be none */
export function entryOf(word: string): Entry {
  const classified = /^https?:\/\//i.test(word) ? classifyUrl(word) : classify(word.replace(/^\*\./, ''), 'exact');
  if (classified.kind === 'entry') return classified.entry;
  throw new CliError(`${JSON.stringify(word.slice(0, 80))}: ${classified.kind === 'reject' ? classified.reason : 'stands for nothing'}`, EXIT.misuse);
}

/**
 * The entries that a word may mean, what it says itself first. A URL stands for itself where its list's evidence had it
 * that many share the host (docs/validity.md), else for its host: only Gold knows which.
 */
export function entriesOf(word: string): Entry[] {
  const entry = entryOf(word);
  const itself = entry.type === 'domain' && /^https?:\/\//i.test(word) ? classifyUrl(word, () => true) : null;
  return itself?.kind === 'entry' && itself.entry.type === 'url' ? [itself.entry, entry] : [entry];
}

/** The name and the names above it, nearest first, down to two labels. */
export function lineage({ type, name }: Entry): string[] {
  if (type !== 'domain') return [name];
  const labels = name.split('.');
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'));
}

const CADENCE_MS: ReadonlyMap<string, number> = new Map(httpSources().map(({ source }) => [source.name, source.cadence.minutes * 60_000]));

/** Until when a listing is confirmed: a good check holds until the source's next is due. */
const confirmedUntil = ({ source, lastSeen }: Listing): number[] => (lastSeen === null ? [] : [Date.parse(lastSeen) + (CADENCE_MS.get(source) ?? 0)]);

/** Confidence of a row at `now`: the base, halved for every 30 days since a current listing was last confirmed. */
export function confidenceNow({ confidenceBase, confidenceAt, delistedAt, listings }: NameRow, now: number): number | null {
  if (confidenceBase === null || confidenceAt === null) return null;
  const confirmed = delistedAt === null ? listings.filter(({ current, action }) => current && action === 'block').flatMap(confirmedUntil) : [];
  const since = Math.max(Date.parse(confidenceAt), ...confirmed);
  return Number((confidenceBase * 2 ** (-Math.max(0, now - since) / DAY_MS / HALF_LIFE_DAYS)).toFixed(4));
}

const isOperator = ({ category }: Listing): boolean => category === 'operator';
const lasts = ({ validUntil }: Listing, now: number): boolean => validUntil === null || Date.parse(validUntil) > now;
const sourcesOf = (listings: readonly Listing[]): string[] => [...new Set(listings.map(({ source }) => source))];

/** What a row's listings of now come to, for the name itself and for all below it (docs/confidence.md). */
class Said {
  private readonly current: readonly Listing[];
  private readonly allows: readonly Listing[];

  constructor(
    readonly row: NameRow,
    now: number,
  ) {
    this.current = row.listings.filter((each) => each.current && lasts(each, now));
    this.allows = this.current.filter(({ action }) => action === 'allow');
  }

  /** The operator's exception of the name, or of all below it. */
  operatorAllows(scope?: 'subtree'): Listing | undefined {
    return this.allows.find((each) => isOperator(each) && (scope === undefined || each.scope === scope));
  }

  /** Sources that make an exception of the name, or of all below it. */
  excepting(scope?: 'subtree'): readonly string[] {
    return sourcesOf(this.allows.filter((each) => scope === undefined || each.scope === scope));
  }

  /** Blocks that hold: a list's exception cancels its own block of the same scope. */
  private get holding(): readonly Listing[] {
    const cancelled = ({ source, scope }: Listing) => this.allows.some((allow) => allow.source === source && allow.scope === scope);
    return this.current.filter((each) => each.action === 'block' && !cancelled(each));
  }

  /** Who blocks the name itself; none where they are too few. */
  get blocking(): readonly Listing[] {
    const exact = new Set(this.allows.filter(({ scope }) => scope === 'exact').map(({ source }) => source));
    return this.ifEnough(this.holding.filter(({ source }) => !exact.has(source)));
  }

  /** Who blocks all below the name, of sources other than some; none where they are too few. */
  covering(without: ReadonlySet<string>): readonly Listing[] {
    return this.ifEnough(this.holding.filter(({ source, scope }) => scope === 'subtree' && !without.has(source)));
  }

  private ifEnough(listings: readonly Listing[]): readonly Listing[] {
    const needed = this.row.widelyUsed && !listings.some(isOperator) ? ORIGINS_OF_POPULAR : 1;
    const enough = new Set(listings.map(({ origin }) => origin)).size >= needed;
    return enough && this.operatorAllows() === undefined ? listings : [];
  }
}

/** What the rows of a name and of those above it come to: the nearest statement decides, a list's exception concerns that list alone. */
export function explain(entry: Entry, rows: readonly NameRow[], now: number): Explanation {
  const order = lineage(entry);
  const sorted = [...rows].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const said = sorted.map((row) => new Said(row, now));
  const own = said.find(({ row }) => row.name === entry.name);
  const given = { name: entry.name, type: entry.type, rows: sorted };
  for (const each of said) {
    const allow = each.operatorAllows(each === own ? undefined : 'subtree');
    if (allow)
      return {
        ...given,
        verdict: 'allowed',
        because: `the operator allows ${allow.scope === 'subtree' ? '*.' : ''}${each.row.name}: ${allow.reason ?? 'no reason given'}`,
        confidence: null,
      };
  }
  const harmful = (row: NameRow, by: readonly Listing[], prefix = ''): Explanation => ({
    ...given,
    verdict: 'harmful',
    because: `${prefix}listed by ${sourcesOf(by).join(', ')}`,
    confidence: confidenceNow(row, now),
  });
  if (own && own.blocking.length > 0) return harmful(own.row, own.blocking);
  const excepting = new Set(own?.excepting());
  let covered: NameRow | null = null;
  for (const each of said) {
    if (each === own) continue;
    const by = each.covering(excepting);
    if (by.length > 0) return harmful(each.row, by, `${each.row.name} covers all below it; `);
    if (each.covering(new Set()).length > 0) covered ??= each.row;
    for (const source of each.excepting('subtree')) excepting.add(source);
  }
  if (covered !== null)
    return {
      ...given,
      verdict: 'not listed',
      because: `${covered.name} covers all below it, but ${
        covered.widelyUsed ? 'too few of the lists that say so make no exception' : 'every list that says so makes an exception'
      } of ${entry.name}: ${[...excepting].join(', ')}`,
      confidence: null,
    };
  const row = own?.row;
  if (row === undefined || !row.listings.some(({ action }) => action === 'block'))
    return { ...given, verdict: 'not listed', because: 'no source lists it, nor a name above it with all below', confidence: null };
  const current = row.listings.filter((each) => each.current && each.action === 'block');
  if (current.length === 0)
    return { ...given, verdict: 'no longer listed', because: `the last source dropped it at ${row.delistedAt ?? '?'}`, confidence: confidenceNow(row, now) };
  if (row.widelyUsed)
    return {
      ...given,
      verdict: 'not enough origins',
      because: `a popularity list holds it, and ${row.originCount} of the ${ORIGINS_OF_POPULAR} independent origins it then needs lists it`,
      confidence: confidenceNow(row, now),
    };
  return { ...given, verdict: 'not listed', because: 'every list that names it makes an exception of it', confidence: confidenceNow(row, now) };
}

/** `ads[.]example[.]com`, `hxxps://…`: text that no program takes for a link. */
export const defang = (text: string): string => text.replaceAll('.', '[.]').replace(/^http/i, 'hxxp').replaceAll('://', '[://]');

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ');
const number = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Number(text));
const instant = (text: string | null | undefined): string | null => (text ? new Date(`${text.replace(' UTC', '').replace(' ', 'T')}Z`).toISOString() : null);
const list = (text: string | null | undefined): string[] => (text ? text.split('\u001f') : []);

/** Asks the lake. */
export async function why(entry: Entry, lake: Target, now: number): Promise<Explanation> {
  const names = quoted(lineage(entry));
  const of = `entry_type = '${entry.type}' AND name IN (${names})`;
  const [rows, listings, records, status] = await Promise.all([
    runQuery(
      `SELECT name, scope, is_active, widely_used, origin_count, array_join(categories, chr(31)), confidence_base, confidence_at, first_seen, delisted_at FROM gold.harmful_domains WHERE ${of}`,
      lake,
    ),
    runQuery(
      `SELECT h.name, s.source, s.action, s.scope, s.category, s.reliability, s.current, s.first_seen, s.changed_at, s.listed_at, s.sequence, s.line, array_join(s.tags, chr(31)), s.reason, s.valid_until, s.origin
FROM gold.harmful_domains h CROSS JOIN UNNEST(h.sources) AS s(${SOURCE_STATE_NAMES})
WHERE h.entry_type = '${entry.type}' AND h.name IN (${names}) AND s.source <> '_canary'`,
      lake,
    ),
    runQuery(`SELECT name, source, action, scope, sequence, topic, "partition", "offset", run_id FROM silver.harmful_domains WHERE ${of}`, lake),
    runQuery('SELECT source, last_good_at FROM gold.source_status', lake),
  ]);
  const lastGood = new Map(status.rows.map(([source, at]) => [source, instant(at)]));
  const record = new Map(records.rows.map((row) => [row.slice(0, 5).join('\t'), { coordinates: `${row[5]}/${row[6]}@${row[7]}`, runId: row[8] ?? null }]));
  const bodies = await bodiesOf(
    listings.rows.map((row) => ({ source: row[1] ?? '', sequence: Number(row[10]) })),
    lake,
  );
  const built = await Promise.all(
    listings.rows.map(async (row) => {
      const [name, source, action, scope, category, reliability, isCurrent, firstSeen, changedAt, listedAt, sequence, line, tags, reason, validUntil, origin] = row;
      const found = record.get([name, source, action, scope, sequence].join('\t'));
      const current = isCurrent === 'true';
      const listing: Listing = {
        source: source ?? '',
        action: action ?? '',
        scope: scope ?? '',
        category: category ?? null,
        origin: origin ?? source ?? '',
        reliability: number(reliability),
        current,
        firstSeen: instant(firstSeen),
        changedAt: instant(changedAt) ?? '',
        lastSeen: current ? (lastGood.get(source ?? null) ?? null) : instant(changedAt),
        listedAt: instant(listedAt),
        sequence: Number(sequence),
        line: number(line),
        tags: list(tags),
        reason: reason ?? null,
        validUntil: instant(validUntil),
        coordinates: found?.coordinates ?? null,
        runId: found?.runId ?? null,
        rawLine: line && current ? await rawLine(source ?? '', bodies.get(`${source}\t${sequence}`), Number(line), lake) : null,
      };
      return [name, listing] as const;
    }),
  );
  const nameRows = rows.rows.map(
    ([name, scope, isActive, widelyUsed, origins, categories, base, at, firstSeen, delistedAt]): NameRow => ({
      type: entry.type,
      name: name ?? '',
      scope: scope ?? '',
      isActive: isActive === 'true',
      widelyUsed: widelyUsed === 'true',
      originCount: Number(origins),
      categories: list(categories),
      confidenceBase: number(base),
      confidenceAt: instant(at),
      firstSeen: instant(firstSeen),
      delistedAt: instant(delistedAt),
      listings: built.filter(([of]) => of === name).map(([, listing]) => listing),
    }),
  );
  return explain(
    entry,
    nameRows.filter(({ listings: each }) => each.length > 0),
    now,
  );
}

/** Hash of the body that each snapshot was read from, by source and sequence. */
async function bodiesOf(snapshots: readonly { source: string; sequence: number }[], lake: Target): Promise<Map<string, string>> {
  if (snapshots.length === 0) return new Map();
  const sources = [...new Set(snapshots.map(({ source }) => source))];
  const sequences = [...new Set(snapshots.map(({ sequence }) => sequence))];
  const sql = `SELECT source, sequence, body_sha256 FROM silver.source_checks WHERE outcome = 'changed' AND source IN (${quoted(sources)}) AND sequence IN (${sequences.join(', ')})`;
  return new Map((await runQuery(sql, lake)).rows.map(([source, sequence, sha256]) => [`${source}\t${sequence}`, sha256 ?? '']));
}

/** A line of a kept body; null where the body is not there. */
async function rawLine(source: string, sha256: string | undefined, line: number, lake: Target): Promise<string | null> {
  if (sha256 === undefined) return null;
  const { Environment } = await lake.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalName(lake.identity, 'ingest') }));
  const Bucket = Environment?.Variables?.LANDING_BUCKET;
  try {
    const { Body } = await lake.s3.send(new GetObjectCommand({ Bucket, Key: landingKeys.body(source, sha256) }));
    for await (const { number: at, text } of splitLines((Body as Readable).pipe(createGunzip()))) if (at === line) return text;
    return null;
  } catch (cause) {
    if (cause instanceof S3ServiceException && cause.$metadata.httpStatusCode === 404) return null;
    throw cause;
  }
}
