import type { OperationState } from '../../datasets/operations/contract.js';
import type { CheckOutcome } from '../../datasets/source_checks/contract.js';
import { headersOf, operationRecord, outgoing, type Step } from '../shared/outgoing.js';
import type { IngestDeps } from './deps.js';
import type { IngestEvent } from './event.js';
import type { SourceCheck } from './source-check.js';

const RUN_STATES: Readonly<Record<CheckOutcome, OperationState>> = {
  changed: 'ok',
  unchanged: 'ok',
  not_modified: 'ok',
  refused: 'degraded',
  failed: 'failed',
  skipped: 'skipped',
};

/** Tells of a check as others tell what they did: one record of the check, one of the run. What the past held is no check of today. */
export async function report(check: SourceCheck, event: IngestEvent, deps: IngestDeps, steps: readonly Step[], healed: readonly string[]): Promise<void> {
  if (event.dryRun) return;
  const { checks, operations, producer, source, personalSecret } = deps;
  const past = event.event === 'backfill' ? event.step : null;
  const { run_id, started_at, finished_at, outcome, reason, produced } = check;
  if (past === null) await producer.send(checks.name, [outgoing(checks, { ...check }, headersOf(checks, { source: source.name, runId: run_id }), personalSecret)]);
  const run = operationRecord(operations, {
    kind: 'run',
    subject: past === null ? source.name : `backfill-${source.name}`,
    run_id,
    source: past === null ? 'ingest' : 'backfill',
    started_at,
    finished_at,
    state: RUN_STATES[outcome],
    summary: reason === null ? outcome : `${outcome}: ${reason}`,
    details: {
      dataset: deps.dataset.name,
      outcome,
      produced,
      steps,
      ...(healed.length === 0 ? {} : { healed }),
      ...(past === null ? {} : { past: past.at }),
    },
  });
  await producer.send(operations.name, [run]);
}
