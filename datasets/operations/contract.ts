import { type DatasetInput, defineDataset } from '../../contracts/dataset.js';

/** What an operational record speaks of. */
export const OPERATION_KINDS = ['check', 'run', 'maintenance'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** How it went. `degraded`: it works, and somebody should look. */
export const OPERATION_STATES = ['ok', 'degraded', 'failed', 'skipped'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

const fields = {
  kind: { type: 'string', description: `What the record speaks of: ${OPERATION_KINDS.join(', ')}`, example: 'check' },
  subject: { type: 'string', description: 'What was checked (kafka, jobs ...), what ran (a source, a flow), or the table that was maintained', example: 'kafka' },
  run_id: { type: 'string', description: 'Run that did it', example: '0b5c4c1e-6a0e-4c1d-9f0b-0e2f6f0a7c11' },
  source: { type: 'string', description: 'Who tells: monitor, ingest, flow, backfill or a driver', example: 'monitor' },
  started_at: { type: 'timestamp', description: 'When it began', example: '2026-11-01T00:00:00.000Z' },
  finished_at: { type: 'timestamp', description: 'When it ended', example: '2026-11-01T00:00:04.000Z' },
  state: { type: 'string', description: `How it went: ${OPERATION_STATES.join(', ')}`, example: 'ok' },
  summary: { type: 'string', description: 'The same in words', example: '3 topics, a round trip of 12 ms' },
  details: { type: 'string', description: 'Steps with their times, findings, figures: a JSON object', example: '{"steps":[]}' },
} as const satisfies DatasetInput['record']['fields'];
/** A table is of one kind: its rows need not say it. */
const columns = Object.fromEntries(Object.entries(fields).flatMap(([name, { type, description }]) => (name === 'kind' ? [] : [[name, { type, description }]])));

/** Its tables, a kind of record each, for those who ask them by SQL. */
export const CHECKS_TABLE = 'ops.checks';
export const RUNS_TABLE = 'ops.runs';
export const MAINTENANCE_TABLE = 'ops.maintenance';

const table = (qualified: string, description: string): NonNullable<DatasetInput['tables']>[number] => ({
  layer: 'ops',
  name: qualified.replace('ops.', ''),
  kind: 'state',
  writer: 'gold',
  description,
  key: ['subject', 'run_id'],
  order: ['finished_at'],
  columns,
});

/**
 * What the lakehouse does to itself: checks, runs, maintenance. Told through Kafka like anything else, since one driver
 * writes a Delta table (docs/decisions/0010).
 */
export const operations = defineDataset({
  name: 'operations',
  version: 1,
  owner: 'sluice',
  description: 'What the monitor found, what ran and how long each step took, and how tables were maintained.',
  terms: 'Made by Sluice.',
  record: {
    key: ['kind', 'subject', 'run_id'],
    order: ['finished_at'],
    fields,
  },
  sources: [{ kind: 'kafka', name: 'operations_log', producer: 'the monitor, the ingest function, flows and drivers' }],
  topic: { partitions: 1, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'inSet', name: 'kind_known', field: 'kind', values: [...OPERATION_KINDS], action: 'quarantine' },
    { kind: 'notNull', name: 'finished_present', field: 'finished_at', action: 'quarantine' },
    { kind: 'notNull', name: 'state_present', field: 'state', action: 'quarantine' },
    { kind: 'inSet', name: 'state_known', field: 'state', values: [...OPERATION_STATES], action: 'quarantine' },
  ],
  tables: [
    table(CHECKS_TABLE, 'What each check of the monitor found.'),
    table(RUNS_TABLE, 'Every run of every source and flow, with its steps and times.'),
    table(MAINTENANCE_TABLE, 'What maintenance did to each table: OPTIMIZE, VACUUM, retention.'),
  ],
  canary: {
    fields: { kind: 'check', subject: '_canary', state: 'ok' },
  },
  service: { triggerSeconds: 10, background: true, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'checks',
      description: 'What the monitor found last, per check',
      sql: `SELECT subject, state, finished_at, summary FROM (
  SELECT *, row_number() OVER (PARTITION BY subject ORDER BY finished_at DESC) AS nth FROM ops.checks
) WHERE nth = 1 ORDER BY subject`,
    },
    {
      name: 'runs',
      description: 'The newest runs of sources and flows',
      sql: `SELECT subject, state, started_at, date_diff('millisecond', started_at, finished_at) / 1000.0 AS seconds, summary
FROM ops.runs ORDER BY finished_at DESC LIMIT 50`,
    },
  ],
});
