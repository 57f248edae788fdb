import { defineDataset } from '../../contracts/dataset.js';
import { HARMFUL_DOMAIN_SOURCES } from './sources.js';

/** Columns of an element of `gold.harmful_domains.sources`, in order. */
const SOURCE_COLUMNS = {
  source: 'string',
  action: 'string',
  scope: 'string',
  category: 'string',
  origin: 'string',
  reliability: 'double',
  first_seen: 'timestamp',
  changed_at: 'timestamp',
  sequence: 'bigint',
  current: 'boolean',
  line: 'bigint',
  listed_at: 'timestamp',
  tags: 'array<string>',
  reason: 'string',
  valid_until: 'timestamp',
} as const;
const SOURCE_STATE = Object.entries(SOURCE_COLUMNS)
  .map(([name, type]) => `${name}:${type}`)
  .join(',');
/** For `UNNEST(sources) AS s(...)`, which names every column. */
export const SOURCE_STATE_NAMES = Object.keys(SOURCE_COLUMNS).join(', ');

export const harmfulDomains = defineDataset({
  name: 'harmful_domains',
  version: 4,
  owner: 'sluice',
  description: 'Names and addresses that public blocklists hold to be harmful: who listed each, since when, and whether it is still listed.',
  terms: 'Each source keeps its own licence (see sources); the merge adds no restriction.',
  record: {
    key: ['source', 'entry_type', 'name', 'scope', 'action', 'sequence'],
    order: ['sequence'],
    content: ['options', 'listed_at', 'tags', 'reason', 'valid_until'],
    fields: {
      source: { type: 'string', description: 'Source that lists the name', example: 'stevenblack' },
      entry_type: { type: 'string', description: 'What the name is: domain, ip or url', example: 'domain' },
      name: {
        type: 'string',
        description: 'Domain in lower-case ASCII without trailing dot, IP address in canonical form, or URL on a host that many share',
        example: 'ads.example.com',
      },
      scope: { type: 'string', description: 'What the listing covers: exact (this name alone) or subtree (and all below it)', example: 'exact' },
      action: { type: 'string', description: 'block; allow: an exception that the list makes from its own rules; popular: the name is widely used', example: 'block' },
      event: { type: 'string', description: 'listed or delisted', example: 'listed' },
      restated: {
        type: 'boolean',
        description: 'Whether the name was listed before, and only what is said of it changed: its options, dates, tags, reason; null before version 4',
        example: false,
      },
      category_before: { type: 'string', description: 'The category that a restated name had before, where that is another; null otherwise', example: null },
      sequence: {
        type: 'bigint',
        description: "Number of the source's snapshot in which the name changed; below 0 for a version of the past that a backfill fetched, in the order of their times",
        example: 1,
      },
      category: { type: 'string', description: "What the listing says of the name: the source's category, or a finer one from its own words", example: 'unified' },
      reliability: { type: 'double', description: 'How far a listing by this source alone is believed, 0 to 1', example: 0.8 },
      origin: { type: 'string', description: 'Whose findings these are: sources of one origin count once', example: 'stevenblack' },
      observed_at: { type: 'timestamp', description: 'When that snapshot was fetched', example: '2026-11-01T00:00:00.000Z' },
      line: { type: 'bigint', description: 'Line of the kept body that lists the name; null when delisted', example: 42 },
      options: { type: 'string', description: 'Options of the Adblock rule, as written; null where it has none', example: 'third-party' },
      listed_at: { type: 'timestamp', description: 'When the source says that it first saw the entry; null where it does not say', example: '2026-10-31T12:00:05.000Z' },
      tags: { type: 'array<string>', description: "The source's own words for the threat; null where it has none", example: ['malware_download', 'elf'] },
      reason: { type: 'string', description: 'Why an operator allows or denies the name; null for feeds', example: 'our own mail host' },
      valid_until: { type: 'timestamp', description: "When an operator's entry ends; null where it does not", example: '2026-12-31T00:00:00.000Z' },
      public_suffix: { type: 'string', description: 'The public suffix the name stands under (publicsuffix.org); null for addresses', example: 'com' },
      registrable_domain: { type: 'string', description: 'The public suffix and one label more; null where the name is a suffix itself', example: 'example.com' },
      unicode_name: { type: 'string', description: 'Unicode form of an internationalised name; null where it is the same', example: 'bücher.example' },
      mixed_script: { type: 'boolean', description: 'Whether a label mixes scripts beyond what UTS 39 calls highly restrictive', example: false },
      confusable: { type: 'boolean', description: 'Whether an internationalised label looks like an ASCII one (UTS 39 skeleton)', example: false },
    },
  },
  sources: HARMFUL_DOMAIN_SOURCES,
  topic: { partitions: 3, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'notNull', name: 'source_present', field: 'source', action: 'quarantine' },
    { kind: 'notNull', name: 'name_present', field: 'name', action: 'quarantine' },
    { kind: 'maxLength', name: 'name_length', field: 'name', characters: 2_048, action: 'quarantine' },
    { kind: 'matches', name: 'name_characters', field: 'name', pattern: '[a-z0-9_.:-]{1,253}|https?://[!-~]+', action: 'quarantine' },
    { kind: 'notNull', name: 'entry_type_present', field: 'entry_type', action: 'quarantine' },
    { kind: 'inSet', name: 'entry_type_known', field: 'entry_type', values: ['domain', 'ip', 'url'], action: 'quarantine' },
    { kind: 'inSet', name: 'action_known', field: 'action', values: ['block', 'allow', 'popular'], action: 'quarantine' },
    { kind: 'notNull', name: 'scope_present', field: 'scope', action: 'quarantine' },
    { kind: 'inSet', name: 'scope_known', field: 'scope', values: ['exact', 'subtree'], action: 'quarantine' },
    { kind: 'notNull', name: 'event_present', field: 'event', action: 'quarantine' },
    { kind: 'inSet', name: 'event_known', field: 'event', values: ['listed', 'delisted'], action: 'quarantine' },
    { kind: 'notNull', name: 'sequence_present', field: 'sequence', action: 'quarantine' },
    { kind: 'matches', name: 'sequence_not_zero', field: 'sequence', pattern: '-?[1-9][0-9]*', action: 'quarantine' },
    { kind: 'notNull', name: 'observed_at_present', field: 'observed_at', action: 'quarantine' },
    { kind: 'between', name: 'reliability_range', field: 'reliability', min: 0, max: 1, action: 'quarantine' },
    { kind: 'notInFuture', name: 'observed_in_the_past', field: 'observed_at', toleranceSeconds: 300, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'harmful_domains',
      kind: 'state',
      writer: 'gold',
      description: 'One row per name: who lists it, since when, and whether anybody still does.',
      key: ['entry_type', 'name'],
      columns: {
        entry_type: { type: 'string', description: 'domain, ip or url' },
        name: { type: 'string', description: 'Domain, address or URL, normalised' },
        scope: { type: 'string', description: 'subtree where enough of the sources that block it mean all below too, else exact' },
        public_suffix: { type: 'string', description: 'The public suffix the name stands under' },
        registrable_domain: { type: 'string', description: 'The public suffix and one label more' },
        unicode_name: { type: 'string', description: 'Unicode form, where it is another' },
        mixed_script: { type: 'boolean', description: 'Whether a label mixes scripts' },
        confusable: { type: 'boolean', description: 'Whether an internationalised label looks like an ASCII one' },
        sources: {
          type: `array<struct<${SOURCE_STATE}>>`,
          description:
            'Each source that ever named it, by name of source, action and scope; current says whether it still does, changed_at when that last changed, null where nothing but other words for it has come. A current source was last seen at its last good check (gold.source_status), another at changed_at',
        },
        categories: { type: 'array<string>', description: 'Categories of the sources that block the name now, sorted' },
        tags: { type: 'array<string>', description: 'Words for the threat of the sources that block the name now, sorted' },
        source_count: { type: 'int', description: 'Sources that block the name now' },
        origin_count: { type: 'int', description: 'Independent origins among them' },
        widely_used: { type: 'boolean', description: 'Whether a popularity list holds the name: then two origins must block it before it counts as harmful' },
        is_active: { type: 'boolean', description: 'Whether the name counts as harmful: blocked now, by enough origins, and not allowed by the operator' },
        first_seen: { type: 'timestamp', description: 'Earliest listing by any source that blocked it; null where none did' },
        last_changed_at: { type: 'timestamp', description: 'When any source last listed or dropped it' },
        delisted_at: { type: 'timestamp', description: 'When the last source dropped the name; null while any blocks it' },
        confidence_base: {
          type: 'double',
          description: 'Confidence at confidence_at, 0 to 1, before it decays: 1 minus the product of (1 - reliability) over origins (docs/confidence.md)',
        },
        confidence_at: { type: 'timestamp', description: 'Newest listing that confidence_base rests on; where none blocks the name any more, when the last one dropped it' },
        allowed: {
          type: 'array<struct<source:string,scope:string,reason:string,valid_until:timestamp>>',
          description: 'Who makes an exception of the name now, and why. An operator’s makes it inactive; a list’s concerns that list alone',
        },
      },
    },
    {
      layer: 'gold',
      name: 'harmful_domain_daily',
      kind: 'periodic',
      writer: 'gold',
      everySeconds: 60,
      description: 'Per day, source and category: what was added and removed, and what was listed at its end. A day on which nothing changed has no row.',
      key: ['date', 'source', 'category'],
      columns: {
        date: { type: 'date', description: 'UTC date of the snapshots' },
        source: { type: 'string', description: 'Source' },
        category: { type: 'string', description: 'Category of the listing' },
        added: { type: 'bigint', description: 'Entries to block that were listed on the day' },
        removed: { type: 'bigint', description: 'Entries that were delisted on the day' },
        active: { type: 'bigint', description: 'Entries listed at the end of the day' },
      },
    },
    {
      layer: 'gold',
      name: 'source_quality',
      kind: 'periodic',
      writer: 'gold',
      everySeconds: 300,
      reads: ['source_checks'],
      description: 'What each source is worth: what only it has, how it overlaps with others, how much it changes, how much of it is refused.',
      key: ['source'],
      columns: {
        source: { type: 'string', description: 'Source' },
        entries: { type: 'bigint', description: 'Names it blocks now' },
        unique_entries: { type: 'bigint', description: 'Of these, names that no other source blocks' },
        unique_share: { type: 'double', description: 'unique_entries / entries, 0 to 1; null without entries' },
        overlaps: { type: 'array<struct<source:string,shared:bigint,share:double>>', description: 'Per other source: names both block, and their share of this one’s, 0 to 1' },
        added_30_days: { type: 'bigint', description: 'Entries it listed in the 30 days before as_of' },
        removed_30_days: { type: 'bigint', description: 'Entries it dropped in the 30 days before as_of' },
        churn: { type: 'double', description: '(added_30_days + removed_30_days) / entries; null without entries' },
        lines: { type: 'bigint', description: 'Lines of the last body that was read' },
        rejects: { type: 'bigint', description: 'Names refused in it' },
        as_of: { type: 'timestamp', description: 'Newest snapshot of any source that the row rests on' },
      },
    },
  ],
  exports: {
    table: 'harmful_domains',
    description: 'Writes the lists of harmful names, in tiers and formats',
    // Half of the time after which a list says that it is no longer to be believed (glue-jobs/datasets/harmful_domains/lists/publishing.py).
    refreshHours: 12,
  },
  canary: {
    fields: { name: 'canary.invalid', action: 'block', tags: null, listed_at: null, valid_until: null },
  },
  service: { triggerSeconds: 10, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'page' },
  queries: [
    {
      name: 'active_by_source',
      description: 'Active harmful names by source and category',
      sql: `SELECT s.source, s.category, h.entry_type, count(*) AS active
FROM gold.harmful_domains h CROSS JOIN UNNEST(h.sources) AS s(${SOURCE_STATE_NAMES})
WHERE s.current AND s.action = 'block'
GROUP BY s.source, s.category, h.entry_type
ORDER BY active DESC, s.source, h.entry_type`,
    },
    {
      name: 'newest_listings',
      description: 'Names listed most recently',
      sql: `SELECT name, entry_type, first_seen, source_count, categories FROM gold.harmful_domains
WHERE is_active
ORDER BY first_seen DESC, name LIMIT 20`,
    },
    {
      name: 'daily',
      description: 'What came and went per day, source and category',
      sql: `SELECT date, source, category, added, removed, active FROM gold.harmful_domain_daily
ORDER BY date DESC, source, category LIMIT 200`,
    },
    {
      name: 'source_quality',
      description: 'What each source adds that no other has, its churn and its rejects',
      sql: `SELECT source, entries, unique_entries, round(unique_share, 3) AS unique_share, round(churn, 3) AS churn, lines, rejects, as_of
FROM gold.source_quality ORDER BY entries DESC, source`,
    },
  ],
});
