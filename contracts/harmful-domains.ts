import { defineDataset } from './dataset.js';

const MIB = 1024 * 1024;

export const harmfulDomains = defineDataset({
  name: 'harmful_domains',
  version: 2,
  owner: 'sluice',
  description: 'Names and addresses that public blocklists hold to be harmful: who listed each, since when, and whether it is still listed.',
  terms: 'Each source keeps its own licence (see sources); the merge adds no restriction.',
  record: {
    key: ['source', 'entry_type', 'name', 'scope', 'action', 'sequence'],
    order: ['sequence'],
    fields: {
      source: { type: 'string', description: 'Source that lists the name', example: 'stevenblack' },
      entry_type: { type: 'string', description: 'What the name is: domain, ip or url', example: 'domain' },
      name: {
        type: 'string',
        description: 'Domain in lower-case ASCII without trailing dot, IP address in canonical form, or URL on a host that many share',
        example: 'ads.example.com',
      },
      scope: { type: 'string', description: 'What the listing covers: exact (this name alone) or subtree (and all below it)', example: 'exact' },
      action: { type: 'string', description: 'block, or allow: an exception that the list makes from its own rules', example: 'block' },
      event: { type: 'string', description: 'listed or delisted', example: 'listed' },
      sequence: { type: 'bigint', description: "Number of the source's snapshot in which the name changed", example: 1 },
      category: { type: 'string', description: 'Category the contract gives the source', example: 'unified' },
      observed_at: { type: 'timestamp', description: 'When that snapshot was fetched', example: '2026-11-01T00:00:00.000Z' },
      line: { type: 'bigint', description: 'Line of the kept body that lists the name; null when delisted', example: 42 },
      options: { type: 'string', description: 'Options of the Adblock rule, as written; null where it has none', example: 'third-party' },
      listed_at: { type: 'timestamp', description: 'When the source says that it first saw the entry; null where it does not say', example: '2026-10-31T12:00:05.000Z' },
      tags: { type: 'array<string>', description: "The source's own words for the threat; null where it has none", example: ['malware_download', 'elf'] },
    },
  },
  sources: [
    {
      kind: 'http',
      name: 'stevenblack',
      url: 'https://raw.githubusercontent.com/StevenBlack/hosts/master/alternates/fakenews-gambling-porn-social/hosts',
      format: 'hosts',
      category: 'unified',
      cadence: { minutes: 60 },
      reliability: 0.8,
      licence: 'MIT',
      homepage: 'https://github.com/StevenBlack/hosts',
      bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
    },
  ],
  topic: { partitions: 3, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'notNull', name: 'source_present', field: 'source', action: 'quarantine' },
    { kind: 'notNull', name: 'name_present', field: 'name', action: 'quarantine' },
    { kind: 'maxLength', name: 'name_length', field: 'name', characters: 2_048, action: 'quarantine' },
    { kind: 'matches', name: 'name_characters', field: 'name', pattern: '[a-z0-9_.:-]{1,253}|https?://[!-~]+', action: 'quarantine' },
    { kind: 'notNull', name: 'entry_type_present', field: 'entry_type', action: 'quarantine' },
    { kind: 'inSet', name: 'entry_type_known', field: 'entry_type', values: ['domain', 'ip', 'url'], action: 'quarantine' },
    { kind: 'inSet', name: 'action_known', field: 'action', values: ['block', 'allow'], action: 'quarantine' },
    { kind: 'notNull', name: 'scope_present', field: 'scope', action: 'quarantine' },
    { kind: 'inSet', name: 'scope_known', field: 'scope', values: ['exact', 'subtree'], action: 'quarantine' },
    { kind: 'notNull', name: 'event_present', field: 'event', action: 'quarantine' },
    { kind: 'inSet', name: 'event_known', field: 'event', values: ['listed', 'delisted'], action: 'quarantine' },
    { kind: 'notNull', name: 'sequence_present', field: 'sequence', action: 'quarantine' },
    { kind: 'between', name: 'sequence_positive', field: 'sequence', min: 1, action: 'quarantine' },
    { kind: 'notNull', name: 'observed_at_present', field: 'observed_at', action: 'quarantine' },
    { kind: 'notInFuture', name: 'observed_in_the_past', field: 'observed_at', toleranceSeconds: 300, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'harmful_domains',
      kind: 'state',
      writer: 'gold',
      description: 'One row per name: who lists it, since when, and whether anybody still does.',
      key: ['entry_type', 'name', 'scope'],
      columns: {
        entry_type: { type: 'string', description: 'domain, ip or url' },
        name: { type: 'string', description: 'Domain, address or URL, normalised' },
        scope: { type: 'string', description: 'exact or subtree' },
        sources: {
          type: 'array<struct<source:string,action:string,category:string,first_seen:timestamp,changed_at:timestamp,sequence:bigint,current:boolean>>',
          description:
            'Each source that ever listed the name, by name of source; action says whether to block it or to allow it, current whether it still does, changed_at when that last changed',
        },
        categories: { type: 'array<string>', description: 'Categories of the sources that block the name now, sorted' },
        source_count: { type: 'int', description: 'Sources that block the name now' },
        is_active: { type: 'boolean', description: 'Whether any source blocks the name now' },
        first_seen: { type: 'timestamp', description: 'Earliest listing by any source that blocked it; null where none did' },
        delisted_at: { type: 'timestamp', description: 'When the last source dropped the name; null while active' },
        allowed_by: { type: 'array<string>', description: 'Sources that make an exception of the name now, sorted' },
      },
    },
  ],
  service: { triggerSeconds: 10, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'page' },
  queries: [
    {
      name: 'active_by_source',
      description: 'Active harmful names by source and category',
      sql: `SELECT s.source, s.category, h.entry_type, count(*) AS active
FROM gold.harmful_domains h CROSS JOIN UNNEST(h.sources) AS s(source, action, category, first_seen, changed_at, sequence, current)
WHERE s.current AND s.action = 'block' AND s.source <> '_canary'
GROUP BY s.source, s.category, h.entry_type
ORDER BY active DESC, s.source, h.entry_type`,
    },
    {
      name: 'newest_listings',
      description: 'Names listed most recently',
      sql: `SELECT name, entry_type, first_seen, source_count FROM gold.harmful_domains
WHERE is_active AND NOT contains(transform(sources, s -> s.source), '_canary')
ORDER BY first_seen DESC, name LIMIT 20`,
    },
  ],
});
