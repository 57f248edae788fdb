import { MONITOR, STALL_MINUTES } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import type { JobRun } from '../watchdog/watch-jobs.js';
import { isRunning } from '../watchdog/watch-jobs.js';
import { type Finding, inWords, type Looked } from './health.js';
import type { Positions } from './waiting.js';

export interface JobState {
  readonly name: string;
  /** Newest first. */
  readonly runs: readonly JobRun[];
  /** An operator or the job's daily window wants it stopped. */
  readonly wanted: boolean;
  readonly positions: Positions;
}

const MINUTE_MS = 60_000;

/** Whether each job runs, and when each of its queries last made progress. */
export function lookAtJobs(jobs: readonly JobState[], now: number): Looked {
  const findings: Finding[] = [];
  const metrics = [];
  for (const { name, runs, wanted, positions } of jobs) {
    const run = runs.find(isRunning);
    const subject = `job ${name}`;
    if (run === undefined) {
      const [last] = runs;
      if (!wanted) findings.push({ subject, state: 'skipped', message: 'stopped as an operator wants it' });
      else
        findings.push({ subject, state: 'failed', message: `is not running; its last run ${last ? `ended as ${last.state}${last.error ? `: ${last.error}` : ''}` : 'never was'}` });
      continue;
    }
    // Before the first batches of a young run only its start is known.
    const ages = Object.values(positions).map(({ at }) => Math.max(0, now - Math.max(at, run.startedAt)) / MINUTE_MS);
    const slowest = ages.length === 0 ? (now - run.startedAt) / MINUTE_MS : Math.max(...ages);
    metrics.push(metric(MONITOR.progressAgeMinutes, slowest, { Job: name }));
    const silent = Object.entries(positions).filter(([, { at }]) => (now - Math.max(at, run.startedAt)) / MINUTE_MS > STALL_MINUTES);
    if (slowest > STALL_MINUTES)
      findings.push({ subject, state: 'failed', message: `runs, and ${silent.map(([query]) => query).join(', ') || 'none of its queries'} said nothing for ${inWords(slowest)}` });
    else findings.push({ subject, state: 'ok', message: `runs since ${inWords((now - run.startedAt) / MINUTE_MS)}; its slowest query spoke ${inWords(slowest)} ago` });
  }
  const bad = findings.filter(({ state }) => state === 'failed');
  return { summary: bad.length === 0 ? `${jobs.length} jobs run or rest as they should` : bad.map(({ subject }) => subject).join(', '), findings, metrics };
}
