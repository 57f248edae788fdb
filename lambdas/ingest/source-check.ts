import type { RecordOf } from '../../contracts/index.js';
import type { CheckOutcome, sourceChecks } from '../../datasets/source_checks/contract.js';
import type { Changes } from './kinds/kind.js';

/** A `source_checks` record; the contract describes the fields. */
export interface SourceCheck extends RecordOf<typeof sourceChecks> {
  readonly source: string;
  readonly run_id: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly outcome: CheckOutcome;
  readonly produced: number;
  readonly whole: boolean;
}

/** What a check found, before it is told. */
export interface Found {
  readonly outcome: CheckOutcome;
  readonly reason: string | null;
  readonly status: number | null;
  readonly body: { readonly sha256: string; readonly bytes: number | null } | null;
  /** Number of the source's snapshot that is current after the run. */
  readonly sequence: number | null;
  readonly changes: Pick<Changes, 'told' | 'difference'> | null;
  /** Whether all rows were published. */
  readonly whole: boolean;
}

export const nothingFound: Found = { outcome: 'failed', reason: null, status: null, body: null, sequence: null, changes: null, whole: false };

const GOOD: ReadonlySet<CheckOutcome> = new Set(['changed', 'unchanged', 'not_modified']);
/** Whether an outcome proves the source alive and its body believed. */
export const isGood = (outcome: CheckOutcome): boolean => GOOD.has(outcome);

/** What was sent and seen in one run, as a record. */
export function sourceCheck(
  { outcome, reason, status, body, sequence, changes, whole }: Found,
  run: { readonly source: string; readonly runId: string; readonly startedAt: Date; readonly finishedAt: Date; readonly produced: number },
): SourceCheck {
  const { told = null, difference = null } = changes ?? {};
  const counts = told?.counts ?? {};
  const count = (name: string): number | null => counts[name] ?? null;
  return {
    source: run.source,
    run_id: run.runId,
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt.toISOString(),
    outcome,
    reason,
    http_status: status,
    body_sha256: body?.sha256 ?? null,
    body_bytes: body?.bytes ?? null,
    sequence,
    read: told?.read ?? null,
    rejected: told?.rejected ?? null,
    ignored: told?.ignored ?? null,
    added: difference?.added ?? null,
    changed: difference?.changed ?? null,
    gone: difference?.gone ?? null,
    counts: told === null ? null : counts,
    // Columns of version 3, which knew lists alone: queries of today go on.
    lines: count('lines'),
    comments: count('comments'),
    boilerplate: count('boilerplate'),
    entries: count('entries'),
    domains: count('domains'),
    ips: count('ips'),
    urls: count('urls'),
    allowed: count('allowed'),
    narrowed: count('narrowed'),
    unknown_top_levels: count('unknown_top_levels'),
    duplicates: count('duplicates'),
    cancelled: count('cancelled'),
    exceptions_refused: count('exceptions_refused'),
    rejects: told?.rejected ?? null,
    listed: difference?.added ?? null,
    delisted: difference?.gone ?? null,
    reject_samples: told === null ? null : told.samples,
    produced: run.produced,
    whole,
  };
}
