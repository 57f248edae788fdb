import { WATCHDOG } from '../../contracts/metrics.js';
import { type MetricValue, metric } from '../shared/metrics.js';

/** A job that should be running. */
export interface WatchedJob {
  readonly name: string;
  /** Its fingerprint (script, package, contracts): a run with another one is outdated. Functions are told of it under this name. */
  readonly release: string;
  /** Hours of the day (UTC, `[from, to)`) in which the job runs. @default - always */
  readonly window?: { readonly fromHour: number; readonly toHour: number };
  /** A run is ended and started anew after so long. @default - it runs on */
  readonly restartEveryHours?: number;
}

export interface JobRun {
  readonly id: string;
  readonly state: string;
  readonly fingerprint: string | null;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds; null while it runs. */
  readonly endedAt: number | null;
  readonly error: string | null;
}

/** What an operator wants of a job (`sluice jobs`). */
export interface Wish {
  readonly stopped: boolean;
  /** @default - as deployed */
  readonly workers?: number;
}

/** What this function needs of Glue. */
export interface JobApi {
  /** Newest first. */
  runs(job: string): Promise<readonly JobRun[]>;
  start(job: string, fingerprint: string, workers?: number): Promise<string>;
  stop(job: string, runId: string): Promise<void>;
}

/** `paused`: an operator wants it stopped. `resting`: outside its daily window. `limited`: it failed too often in an hour. */
export type JobOutcome = 'running' | 'started' | 'restarted' | 'stopping' | 'paused' | 'resting' | 'limited';

export interface WatchdogDeps {
  readonly jobs: JobApi;
  readonly wish: (job: string) => Promise<Wish>;
  readonly clock: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How often a run that is told to stop is asked whether it has. */
  readonly stopPolls: number;
  /** A job that failed so often in an hour is not started again until the oldest of them is an hour old. */
  readonly restartsPerHour: number;
  /** Start it however often it failed: a deploy or a person wants it. */
  readonly force: boolean;
}

const ALIVE = new Set(['STARTING', 'RUNNING', 'WAITING', 'STOPPING']);
const ENDED_BADLY = new Set(['FAILED', 'ERROR', 'TIMEOUT', 'EXPIRED']);
const POLL_MS = 2_000;
const HOUR_MS = 3_600_000;

export const isRunning = ({ state }: Pick<JobRun, 'state'>): boolean => ALIVE.has(state);

/** Whether a job's daily window holds the moment; one that ends before it begins goes over midnight. */
export function inWindow(window: WatchedJob['window'], now: number): boolean {
  if (window === undefined) return true;
  const hour = new Date(now).getUTCHours();
  const { fromHour, toHour } = window;
  return fromHour <= toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour;
}

/** When the jobs' daily window that holds the moment began, epoch milliseconds: they have run since then; null while they rest, 0 where they always run. */
export function awakeSince(window: WatchedJob['window'], now: number): number | null {
  if (window === undefined) return 0;
  if (!inWindow(window, now)) return null;
  const today = new Date(now).setUTCHours(window.fromHour, 0, 0, 0);
  return today <= now ? today : today - 24 * HOUR_MS;
}

/**
 * Starts each job that is not running, restarts those whose run has an outdated fingerprint (they go on at their
 * checkpoints), and stops those that an operator or their window wants stopped. One run at a time: while an old one is
 * still stopping nothing is started (`stopping`); the next call does. A job that cannot be looked at hides no other.
 *
 * @throws Error after all were looked at, naming those that could not be
 */
export async function watch(jobs: readonly WatchedJob[], deps: WatchdogDeps): Promise<Record<string, JobOutcome>> {
  const settled = await Promise.allSettled(jobs.map((job) => watchOne(job, deps)));
  const failures = settled.flatMap((each, i) => (each.status === 'rejected' ? [`${jobs[i]?.name}: ${(each.reason as Error).message}`] : []));
  if (failures.length > 0) throw new Error(failures.join('; '));
  return Object.fromEntries(settled.map((each, i) => [jobs[i]?.name ?? '', (each as PromiseFulfilledResult<JobOutcome>).value]));
}

async function watchOne(job: WatchedJob, deps: WatchdogDeps): Promise<JobOutcome> {
  const { jobs, wish, clock, restartsPerHour, force } = deps;
  const { name, release: fingerprint } = job;
  const runs = await jobs.runs(name);
  const current = runs.find(isRunning);
  const { stopped, workers } = await wish(name);
  const awake = inWindow(job.window, clock());
  if (stopped || !awake) {
    if (current !== undefined && current.state !== 'STOPPING') await jobs.stop(name, current.id);
    return stopped ? 'paused' : 'resting';
  }
  if (current === undefined) {
    const failures = runs.filter(({ state, endedAt }) => ENDED_BADLY.has(state) && endedAt !== null && clock() - endedAt < HOUR_MS).length;
    if (failures >= restartsPerHour && !force) return 'limited';
    await jobs.start(name, fingerprint, workers);
    return 'started';
  }
  const old = job.restartEveryHours !== undefined && clock() - current.startedAt > job.restartEveryHours * HOUR_MS;
  if (current.state !== 'STOPPING' && current.fingerprint === fingerprint && !old) return 'running';
  return replace(name, fingerprint, workers, current, deps);
}

async function replace(name: string, fingerprint: string, workers: number | undefined, current: JobRun, { jobs, sleep, stopPolls }: WatchdogDeps): Promise<JobOutcome> {
  if (current.state !== 'STOPPING') await jobs.stop(name, current.id);
  for (let poll = 0; poll < stopPolls; poll++) {
    await sleep(POLL_MS);
    if (!(await jobs.runs(name)).some(isRunning)) {
      await jobs.start(name, fingerprint, workers);
      return 'restarted';
    }
  }
  return 'stopping';
}

/**
 * Stops whatever runs of the jobs, for their stack goes, and waits until it has ended: what runs on is billed on. What is
 * still `stopping` when the patience ends is Glue's to end.
 *
 * @throws Error naming the runs that did not take the stop
 */
export async function stopAll(jobs: readonly WatchedJob[], deps: Pick<WatchdogDeps, 'jobs' | 'sleep' | 'stopPolls'>): Promise<Record<string, JobOutcome>> {
  const settled = await Promise.allSettled(jobs.map(({ name }) => stopJob(name, deps)));
  const failures = settled.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : []));
  if (failures.length > 0) throw new Error(`${failures.join('; ')}: stop the runs by hand in the Glue console, they are billed on, and delete the stack again`);
  return Object.fromEntries(settled.map((each, i) => [jobs[i]?.name ?? '', (each as PromiseFulfilledResult<JobOutcome>).value]));
}

/** Looks twice before it believes that nothing runs: a call of the watchdog may still be about to start something. */
const QUIET_LOOKS = 2;

async function stopJob(name: string, { jobs, sleep, stopPolls }: Pick<WatchdogDeps, 'jobs' | 'sleep' | 'stopPolls'>): Promise<JobOutcome> {
  let refused: Error | undefined;
  let quiet = 0;
  for (let poll = 0; poll < stopPolls; poll++) {
    if (poll > 0) await sleep(POLL_MS);
    const alive = (await runsOf(name, jobs)).filter(isRunning);
    quiet = alive.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return 'paused';
    refused = undefined;
    for (const { id } of alive.filter(({ state }) => state !== 'STOPPING'))
      await jobs.stop(name, id).catch((cause: Error) => {
        refused = cause;
      });
  }
  if (refused) throw refused;
  return 'stopping';
}

/**
 * Tells runs to stop of jobs that the stage has no more, those of another layout: they would hold their leases for ever, and
 * the jobs in their place would wait for these.
 *
 * @param names as {@link WatchedJob} has them
 * @returns names of the jobs of which something ran
 * @throws Error naming the run that did not take the stop
 */
export async function retire(names: readonly string[], jobs: Pick<JobApi, 'runs' | 'stop'>): Promise<readonly string[]> {
  const retired = await Promise.all(
    names.map(async (name) => {
      const alive = (await runsOf(name, jobs)).filter((run) => isRunning(run) && run.state !== 'STOPPING');
      for (const { id } of alive) await jobs.stop(name, id);
      return alive.length > 0;
    }),
  );
  return names.filter((_, i) => retired[i]);
}

/** Of a job that was deleted, with its layout or by hand, nothing runs that one could see. */
async function runsOf(name: string, jobs: Pick<JobApi, 'runs'>): Promise<readonly JobRun[]> {
  try {
    return await jobs.runs(name);
  } catch (cause) {
    if ((cause as Error).name === 'EntityNotFoundException') return [];
    throw cause;
  }
}

const WELL: ReadonlySet<JobOutcome> = new Set(['running', 'paused', 'resting']);

/**
 * What a look at the jobs says in numbers. A job that had to be started was not running; one that a deploy or a person
 * started was not meant to.
 */
export function watchdogMetrics(outcomes: Readonly<Record<string, JobOutcome>>, force: boolean): MetricValue[] {
  const each = Object.entries(outcomes).flatMap(([Job, outcome]): MetricValue[] => [
    metric(WATCHDOG.jobRunning, Number(WELL.has(outcome) || (force && outcome === 'started')), { Job }),
    metric(WATCHDOG.restarts, Number(outcome === 'started' || outcome === 'restarted'), { Job }),
    metric(WATCHDOG.limited, Number(outcome === 'limited'), { Job }),
  ]);
  return [metric(WATCHDOG.run, 1), ...each];
}
