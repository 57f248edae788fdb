import type { CheckOutcome } from '../../datasets/source_checks/contract.js';
import { isGood, type SourceCheck } from '../ingest/source-check.js';
import type { SourceStatus } from '../monitor/freshness-health.js';
import type { Operation } from '../shared/outgoing.js';

/** A source that the flow owns. */
export interface FlowSource {
  readonly name: string;
  readonly everyMinutes: number;
}

export interface Plan {
  readonly runId: string;
  readonly startedAt: string;
  readonly healthy: boolean;
  /** Why the broker is not well; null where it is. */
  readonly reason: string | null;
  readonly due: readonly { readonly source: string }[];
}

/** What became of a source: the check itself, or the error that Step Functions caught after its retries. */
export type Attempt = SourceCheck | { readonly source: string; readonly error: Caught };

export interface PlanDeps {
  readonly runId: string;
  readonly now: number;
  readonly sources: readonly FlowSource[];
  readonly statusOf: (source: string) => Promise<SourceStatus>;
  /** Whether the source is asked to send records again: then it is due, paused or not. */
  readonly owes: (source: string) => Promise<boolean>;
  /** Fails where the broker is not well. */
  readonly askBroker: () => Promise<void>;
}

const MINUTE_MS = 60_000;
/** The flow runs by the hour: a source is due though the last run began some minutes later than this one. */
const SLACK_MINUTES = 5;
/** A source whose last check was not good is tried again by the next run, however slow its cadence. */
const RETRY_MINUTES = 60;

export function isDue({ everyMinutes }: FlowSource, { lastCheckAt, lastOutcome, paused }: SourceStatus, now: number): boolean {
  if (paused === true) return false;
  if (lastCheckAt === undefined) return true;
  const wait = lastOutcome !== undefined && isGood(lastOutcome as CheckOutcome) ? everyMinutes : Math.min(everyMinutes, RETRY_MINUTES);
  return now - lastCheckAt >= (wait - SLACK_MINUTES) * MINUTE_MS;
}

/** The first step of the flow: is the broker well, and which sources are due? */
export async function plan({ runId, now, sources, statusOf, owes, askBroker }: PlanDeps): Promise<Plan> {
  const base = { runId, startedAt: new Date(now).toISOString() };
  const due: { source: string }[] = [];
  for (const source of sources) if ((await owes(source.name)) || isDue(source, await statusOf(source.name), now)) due.push({ source: source.name });
  try {
    await askBroker();
    return { ...base, healthy: true, reason: null, due };
  } catch (cause) {
    return { ...base, healthy: false, reason: cause instanceof Error ? cause.message : String(cause), due };
  }
}

export interface Summary {
  readonly operation: Operation;
  /** What people are told; null where there is nothing to tell. */
  readonly notification: { readonly subject: string; readonly message: string } | null;
}

export const FLOW = 'hourly';

/** An error that Step Functions caught: `Cause` is the function's answer as JSON. */
export interface Caught {
  readonly Error?: string;
  readonly Cause?: string;
}

/** What a caught error says. */
function reasonOf({ Error: name = 'error', Cause = '' }: Caught): string {
  try {
    return (JSON.parse(Cause) as { errorMessage?: string }).errorMessage ?? name;
  } catch {
    return Cause === '' ? name : Cause.slice(0, 300);
  }
}

/**
 * The last step: what became of each source, in one record and at most one notification.
 *
 * @param always whether people are told of a run in which all went well, too
 */
export function summarise(run: Plan, attempts: readonly Attempt[], now: number, always: boolean): Summary {
  const results = attempts.map((attempt) => {
    if ('error' in attempt) return { source: attempt.source, outcome: 'failed' as const, reason: reasonOf(attempt.error), ms: 0 };
    const { source, outcome, reason, started_at, finished_at } = attempt;
    return { source, outcome, reason, ms: Date.parse(finished_at) - Date.parse(started_at) };
  });
  const wrong = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'refused');
  const state = !run.healthy || (wrong.length > 0 && wrong.length === results.length) ? 'failed' : wrong.length > 0 ? 'degraded' : 'ok';
  const summary = run.healthy
    ? `${results.length - wrong.length} of ${results.length} sources well${wrong.length > 0 ? `; not ${wrong.map(({ source }) => source).join(', ')}` : ''}`
    : `the broker is not well, ${run.due.length} sources wait: ${run.reason}`;
  const lines = results.map(({ source, outcome, reason, ms }) => `${source}: ${outcome}${reason === null ? '' : ` (${reason})`}, ${(ms / 1000).toFixed(1)} s`);
  const operation: Operation = {
    kind: 'run',
    subject: FLOW,
    run_id: run.runId,
    source: 'flow',
    started_at: run.startedAt,
    finished_at: new Date(now).toISOString(),
    state,
    summary,
    details: { steps: results.map(({ source, ms }) => ({ name: source, ms })), results },
  };
  const notification = state === 'ok' && !always ? null : { subject: `sluice ${FLOW} ingestion: ${state}`, message: [summary, ...lines].join('\n') };
  return { operation, notification };
}

export interface Unplanned {
  readonly runId: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly error: Caught;
}

/** What there is to say of a run whose first step failed after its retries: no source was checked, whoever is due. */
export function summariseUnplanned({ runId, startedAt, error }: Unplanned, now: number): Summary {
  const summary = `no source was checked, since what is due could not be found out: ${reasonOf(error)}`;
  return {
    operation: {
      kind: 'run',
      subject: FLOW,
      run_id: runId,
      source: 'flow',
      started_at: startedAt,
      finished_at: new Date(now).toISOString(),
      state: 'failed',
      summary,
      details: { steps: [], results: [] },
    },
    notification: { subject: `sluice ${FLOW} ingestion: failed`, message: summary },
  };
}
