import { defineDataset } from '../../contracts/dataset.js';

const count = (description: string) => ({ type: 'bigint', description, unit: 'count', example: 0 }) as const;

/** What a check of a source can come to. Everything but `failed` and `refused` proves the source alive. */
export const CHECK_OUTCOMES = ['changed', 'unchanged', 'not_modified', 'refused', 'failed', 'skipped'] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** Tables that others ask by SQL: every check, and the last of each source. */
export const CHECKS_OF_SOURCES = 'silver.source_checks';
export const STATUS_OF_SOURCES = 'gold.source_status';

export const sourceChecks = defineDataset({
  name: 'source_checks',
  version: 4,
  owner: 'sluice',
  description: 'Every fetch of every source: when, with what status, how much it held, and what came of it.',
  terms: 'Made by Sluice.',
  record: {
    key: ['source', 'run_id'],
    order: ['started_at'],
    fields: {
      source: { type: 'string', description: 'Source that was checked', example: 'stevenblack' },
      run_id: { type: 'string', description: 'Run of the ingest function', example: '0b5c4c1e-6a0e-4c1d-9f0b-0e2f6f0a7c11' },
      started_at: { type: 'timestamp', description: 'When the run began', example: '2026-11-01T00:00:00.000Z' },
      finished_at: { type: 'timestamp', description: 'When the run ended', example: '2026-11-01T00:00:04.000Z' },
      outcome: { type: 'string', description: `What came of it: ${CHECK_OUTCOMES.join(', ')}`, example: 'changed' },
      reason: { type: 'string', description: 'Why it failed, was refused or skipped; null otherwise', example: 'status 503' },
      http_status: { type: 'int', description: 'Status of the last answer; null when there was none', example: 200 },
      body_sha256: {
        type: 'string',
        description: 'Hash of the decoded body, the name under which it is kept',
        example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
      body_bytes: { type: 'bigint', description: 'Length of the decoded body', unit: 'bytes', example: 1661535 },
      sequence: { type: 'bigint', description: "Number of the source's snapshot current after the run", example: 1 },
      read: count('Rows read from the body, each once: entries of a list, records of a document; null where no body was read'),
      rejected: count('Rows refused, each with a reason'),
      added: count('Rows new in this snapshot'),
      changed: count('Rows that say something else than in the snapshot before'),
      gone: count('Rows gone in this snapshot'),
      counts: {
        type: 'map<string,bigint>',
        description: 'What only sources of this kind have to count, by name: of a list its lines, domains, exceptions and so on',
        example: null,
      },
      lines: count('Lines of the body: entry rows, comments, blank lines and boilerplate'),
      comments: count('Comment lines and blank lines'),
      boilerplate: count('Rows that the format wants for itself (localhost and its kin)'),
      entries: count('Distinct entries to block: domains, addresses and URLs'),
      domains: count('Distinct domains among the entries'),
      ips: count('Distinct addresses among the entries'),
      urls: count('Distinct URLs among the entries'),
      allowed: count('Distinct exceptions that the list makes from its own rules'),
      narrowed: count('Names whose form covered a private public suffix whole; taken as that name alone'),
      unknown_top_levels: count('Names under a top level that the public suffix list does not know; kept'),
      duplicates: count('Names that an earlier line already held'),
      cancelled: count('Rows that the list itself takes back: rules that its exceptions free or a badfilter rule switches off, exceptions that its important rules overrule'),
      rejects: count('Names refused, each with a reason; the same as rejected'),
      exceptions_refused: count('Those of the rejects that were exceptions: what they would free stays blocked, while the other rejects let names through'),
      ignored: count('Names that stand for nothing (0.0.0.0 itself)'),
      reject_samples: { type: 'array<string>', description: 'First rejects as "line: reason: text", bounded', example: ['16: single label: localhost'] },
      listed: count('Names new in this snapshot; the same as added'),
      delisted: count('Names gone in this snapshot; the same as gone'),
      produced: count('Records acknowledged by Kafka in this run, repeats included'),
      whole: { type: 'boolean', description: 'Whether the run published the whole list', example: false },
    },
  },
  sources: [{ kind: 'kafka', name: 'ingest', producer: 'the ingest function, once per run' }],
  topic: { partitions: 1, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'notNull', name: 'source_present', field: 'source', action: 'quarantine' },
    { kind: 'notNull', name: 'run_present', field: 'run_id', action: 'quarantine' },
    { kind: 'notNull', name: 'started_present', field: 'started_at', action: 'quarantine' },
    { kind: 'notNull', name: 'outcome_present', field: 'outcome', action: 'quarantine' },
    { kind: 'inSet', name: 'outcome_known', field: 'outcome', values: [...CHECK_OUTCOMES], action: 'quarantine' },
    { kind: 'between', name: 'http_status_range', field: 'http_status', min: 100, max: 599, action: 'warn' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'source_status',
      kind: 'state',
      writer: 'gold',
      description: 'One row per source: its last check and its last good one.',
      key: ['source'],
      order: ['last_check_at'],
      columns: {
        source: { type: 'string', description: 'Source' },
        last_check_at: { type: 'timestamp', description: 'When the last check began' },
        last_outcome: { type: 'string', description: 'What came of the last check' },
        last_good_at: { type: 'timestamp', description: 'When the last good check began (changed, unchanged or not_modified)' },
        entries: { type: 'bigint', description: 'Entries of the last body that was read: what a list blocks, or a document’s records' },
        entries_at: { type: 'timestamp', description: 'When the check began that read it' },
        sequence: { type: 'bigint', description: 'Highest snapshot number' },
      },
    },
  ],
  canary: { fields: { outcome: 'unchanged', reason: null }, gold: "SELECT max(last_check_at) FROM gold.source_status WHERE source = '_canary'" },
  service: { triggerSeconds: 10, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'source_status',
      description: 'Each source, its last check and its last good one',
      sql: `SELECT source, last_check_at, last_outcome, last_good_at, entries, sequence FROM gold.source_status
WHERE source <> '_canary' ORDER BY source`,
    },
  ],
});
