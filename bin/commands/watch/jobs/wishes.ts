import { type StateChange, StateTable } from '../../../../lambdas/shared/state-table.js';
import { glueJobs, jobKey, wishOf } from '../../../../lambdas/watchdog/glue-jobs.js';
import { isRunning } from '../../../../lambdas/watchdog/watch-jobs.js';
import { until } from '../../../../localstack/process.js';
import { streamingJobs } from '../../../lake/jobs.js';
import { stateTable, type Target } from '../../../lake/target.js';

/** A streaming job, its run, and what is wanted of it. */
export interface JobRow {
  readonly name: string;
  readonly state: string;
  readonly wish: string;
  readonly workers: number | null;
  readonly run: string;
  readonly since: string;
}

export async function listJobs(lake: Target): Promise<JobRow[]> {
  const api = glueJobs(lake.glue);
  return Promise.all(
    (await streamingJobs(lake)).map(async ({ name }) => {
      const [runs, { stopped, workers }] = await Promise.all([api.runs(name), wishOf(lake.dynamo, stateTable(lake), name)]);
      const run = runs.find(isRunning) ?? runs[0];
      const state = run === undefined ? 'never ran' : run.state;
      return {
        name,
        state: stopped && !(run && isRunning(run)) ? 'paused' : state,
        wish: stopped ? 'stopped by an operator' : 'running',
        workers: workers ?? null,
        run: run?.id ?? '',
        since: run === undefined ? '' : new Date(run.endedAt ?? run.startedAt).toISOString(),
      };
    }),
  );
}

/** Keeps what is wanted of a job, also over deploys. */
export async function wish(job: string, lake: Target, change: StateChange): Promise<void> {
  await new StateTable(lake.dynamo, stateTable(lake)).update(jobKey(job), change);
}

const STOP_TIMEOUT_MS = 300_000;

/** Ends a job's run, if it has one, and waits for its end. */
export async function endRun(job: string, lake: Target): Promise<void> {
  const api = glueJobs(lake.glue);
  const current = (await api.runs(job)).find(isRunning);
  if (current && current.state !== 'STOPPING') await api.stop(job, current.id);
  await until(async () => !(await api.runs(job)).some(isRunning), {
    timeoutMs: STOP_TIMEOUT_MS,
    everyMs: 1_000,
    describe: () => `${job} did not stop within 5 minutes: ./sluice runs`,
  });
}
