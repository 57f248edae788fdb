import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../front-door/run-record.js';
import type { Home } from '../paths.js';
import { isAlive } from '../process.js';

/** Spark runs as the front door keeps them, newest first. */
export function jobRuns(home: Home): RunRecord[] {
  const file = join(home.run, 'glue-runs.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunRecord[]).reverse() : [];
}

/** The newest run of each job, the newest of all first. */
export function newestRuns(home: Home): RunRecord[] {
  const newest = new Map<string, RunRecord>();
  for (const run of jobRuns(home)) if (!newest.has(run.job)) newest.set(run.job, run);
  return [...newest.values()];
}

export const runIsAlive = (run: RunRecord): boolean => run.process !== null && isAlive(run.process);
