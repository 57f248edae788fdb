import { RUNS_TABLE } from '../../../../datasets/operations/contract.js';
import { runQuery } from '../../../lake/athena.js';
import type { Target } from '../../../lake/target.js';

/** Runs of a source or flow that the lake remembers, newest first. */
export async function recordedRuns(subject: string, limit: number, lake: Target) {
  const { rows } = await runQuery(
    `SELECT subject, run_id, state, started_at, date_diff('millisecond', started_at, finished_at), summary, details FROM ${RUNS_TABLE} WHERE subject = '${subject}' ORDER BY finished_at DESC LIMIT ${limit}`,
    lake,
  );
  return rows.map(([of, runId, state, startedAt, ms, summary, details]) => ({
    subject: of ?? '',
    runId: runId ?? '',
    state: state ?? '',
    startedAt: startedAt ?? '',
    seconds: Number(ms) / 1000,
    summary: summary ?? '',
    details: JSON.parse(details ?? '{}') as { steps?: { name: string; ms: number }[] },
  }));
}

/** How often each subject's runs of the last week went well. */
export async function successRates(lake: Target) {
  const { rows } = await runQuery(
    `SELECT subject, count(*), count_if(state IN ('ok', 'skipped')), avg(date_diff('millisecond', started_at, finished_at)), max_by(state, finished_at), max(finished_at)
FROM ${RUNS_TABLE} WHERE finished_at > current_timestamp - INTERVAL '7' DAY GROUP BY subject ORDER BY subject`,
    lake,
  );
  return rows.map(([subject, runs, good, ms, last, at]) => ({
    subject: subject ?? '',
    runs: Number(runs),
    successPercent: Math.round((1000 * Number(good)) / Number(runs)) / 10,
    meanSeconds: Number(ms) / 1000,
    lastState: last ?? '',
    lastAt: at ?? '',
  }));
}
