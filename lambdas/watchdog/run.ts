/** A job that should be running. */
export interface WatchedJob {
  readonly name: string;
  /** Hash of script, package and contracts: a run with another one is outdated. */
  readonly release: string;
}

export interface JobRun {
  readonly id: string;
  readonly state: string;
  readonly release: string | null;
}

/** What this function needs of Glue. */
export interface JobApi {
  /** Newest first. */
  runs(job: string): Promise<readonly JobRun[]>;
  start(job: string, release: string): Promise<string>;
  stop(job: string, runId: string): Promise<void>;
}

export type JobOutcome = 'running' | 'started' | 'restarted' | 'stopping';

export interface WatchdogDeps {
  readonly jobs: JobApi;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How often a run that is told to stop is asked whether it has. */
  readonly stopPolls: number;
}

const ALIVE = new Set(['STARTING', 'RUNNING', 'WAITING', 'STOPPING']);
const POLL_MS = 2_000;

/**
 * Starts each job that is not running, and restarts those whose run has an outdated release: they go on at their
 * checkpoints. One run at a time: while an old one is still stopping nothing is started (`stopping`); the next call does.
 */
export async function watch(jobs: readonly WatchedJob[], deps: WatchdogDeps): Promise<Record<string, JobOutcome>> {
  const outcomes = await Promise.all(jobs.map(async (job) => [job.name, await watchOne(job, deps)] as const));
  return Object.fromEntries(outcomes);
}

async function watchOne({ name, release }: WatchedJob, { jobs, sleep, stopPolls }: WatchdogDeps): Promise<JobOutcome> {
  const alive = (runs: readonly JobRun[]) => runs.find(({ state }) => ALIVE.has(state));
  let current = alive(await jobs.runs(name));
  if (current === undefined) {
    await jobs.start(name, release);
    return 'started';
  }
  if (current.state !== 'STOPPING' && current.release === release) return 'running';
  if (current.state !== 'STOPPING') await jobs.stop(name, current.id);
  for (let poll = 0; poll < stopPolls; poll++) {
    await sleep(POLL_MS);
    current = alive(await jobs.runs(name));
    if (current === undefined) {
      await jobs.start(name, release);
      return 'restarted';
    }
  }
  return 'stopping';
}
