import { SOURCE_STATE_NAMES } from '../../../../datasets/harmful_domains/contract.js';
import type { Entry } from '../../../../datasets/harmful_domains/entries.js';
import { STATUS_OF_SOURCES } from '../../../../datasets/source_checks/contract.js';
import { runQuery } from '../../../lake/athena.js';
import type { Target } from '../../../lake/target.js';
import { bodiesOf, rawLine } from './bodies.js';
import { lineage } from './entry.js';
import { explain } from './explain.js';
import type { Explanation, Listing, NameRow } from './explanation.js';
import { instant, list, number, quoted } from './sql.js';

interface Snapshot {
  readonly source: string;
  readonly sequence: number;
}

/**
 * Where the newest records of listings stand in Kafka. By their snapshots too: Silver's files are of one time each, so that
 * their sequences tell which need not be read.
 */
async function recordsOf(entry: Entry, names: readonly string[], snapshots: readonly Snapshot[], lake: Target) {
  if (snapshots.length === 0) return new Map<string, { coordinates: string; runId: string | null }>();
  const sources = [...new Set(snapshots.map(({ source }) => source))];
  const sequences = [...new Set(snapshots.map(({ sequence }) => sequence))];
  const { rows } = await runQuery(
    `SELECT name, source, action, scope, sequence, topic, "partition", "offset", run_id FROM silver.harmful_domains
WHERE entry_type = '${entry.type}' AND name IN (${quoted([...new Set(names)])}) AND source IN (${quoted(sources)}) AND sequence IN (${sequences.join(', ')})`,
    lake,
  );
  return new Map(rows.map((row) => [row.slice(0, 5).join('\t'), { coordinates: `${row[5]}/${row[6]}@${row[7]}`, runId: row[8] ?? null }]));
}

/** Asks the lake. */
export async function why(entry: Entry, lake: Target, now: number): Promise<Explanation> {
  // What is asked of Gold is asked at once: each query reads the same files.
  const [listings, status] = await Promise.all([
    runQuery(
      `SELECT h.name, s.source, s.action, s.scope, s.category, s.reliability, s.current, s.first_seen, coalesce(s.changed_at, s.first_seen), s.listed_at, s.sequence, s.line, array_join(s.tags, chr(31)), s.reason, s.valid_until, s.origin,
h.scope, h.is_active, h.widely_used, h.origin_count, array_join(h.categories, chr(31)), h.confidence_base, h.confidence_at, h.first_seen, h.delisted_at
FROM gold.harmful_domains h CROSS JOIN UNNEST(h.sources) AS s(${SOURCE_STATE_NAMES})
WHERE h.entry_type = '${entry.type}' AND h.name IN (${quoted(lineage(entry))})`,
      lake,
    ),
    runQuery(`SELECT source, last_good_at FROM ${STATUS_OF_SOURCES}`, lake),
  ]);
  const lastGood = new Map(status.rows.map(([source, at]) => [source, instant(at)]));
  const snapshots = listings.rows.map((row) => ({ source: row[1] ?? '', sequence: Number(row[10]) }));
  const [record, bodies] = await Promise.all([
    recordsOf(
      entry,
      listings.rows.map((row) => row[0] ?? ''),
      snapshots,
      lake,
    ),
    bodiesOf(snapshots, lake),
  ]);
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
  const ofNames = new Map(listings.rows.map(([name, ...values]) => [name ?? '', values.slice(15)]));
  const nameRows = [...ofNames].map(
    ([name, [scope, isActive, widelyUsed, origins, categories, base, at, firstSeen, delistedAt]]): NameRow => ({
      type: entry.type,
      name,
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
  return explain(entry, nameRows, now);
}
