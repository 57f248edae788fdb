import { wishOf } from '../../../../lambdas/watchdog/glue-jobs.js';
import { physicalName } from '../../../../lib/config.js';
import { lastError } from '../../../../localstack/front-door/run-record.js';
import { residentBytes, tail } from '../../../../localstack/process.js';
import { newestRuns, runIsAlive } from '../../../../localstack/stack/job-runs.js';
import { services } from '../../../../localstack/stack/services.js';
import { runningLocal, type Target } from '../../../lake/target.js';

export interface Component {
  readonly name: string;
  readonly state: string;
  readonly address: string;
  readonly memory: number;
  readonly log: string;
  readonly lastLines: string | null;
}

/** States of a component that nobody need see to. */
export const WELL: ReadonlySet<string> = new Set(['running', 'finished', 'paused']);

function stateOf(run: ReturnType<typeof newestRuns>[number], alive: boolean): string {
  if (alive) return 'running';
  if (run.state === 'SUCCEEDED') return 'finished';
  return run.state === 'STOPPED' || run.state === 'STOPPING' ? 'stopped' : 'dead';
}

/** Everything that should run here, and whether it does. */
export async function components(lake: Target): Promise<Component[]> {
  const { home, instance } = runningLocal();
  // The front door's children are the Spark drivers, counted by themselves.
  const servers = services(home, instance).map(({ name, running, pid, address, log }) => ({
    name,
    state: running ? 'running' : 'stopped',
    address,
    memory: pid === null ? 0 : residentBytes(pid, name !== 'front-door'),
    log,
    lastLines: running ? null : tail(log, 8),
  }));
  const jobs = newestRuns(home).map(async (run) => {
    const alive = runIsAlive(run);
    const { stopped } = alive ? { stopped: false } : await wishOf(lake.dynamo, physicalName(lake.identity, 'state'), run.job).catch(() => ({ stopped: false }));
    const log = run.process?.log ?? '';
    return {
      name: `spark ${run.job}`,
      state: stopped ? 'paused' : stateOf(run, alive),
      address: alive ? `http://127.0.0.1:${run.uiPort} (console)` : '',
      memory: alive && run.process ? residentBytes(run.process.pid) : 0,
      log,
      lastLines: alive ? null : `${lastError(tail(log, 200))}\n${tail(log, 8)}`,
    };
  });
  return [...servers, ...(await Promise.all(jobs))];
}
