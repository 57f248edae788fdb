import type { Running } from '../process.js';

export type RunState = 'STARTING' | 'RUNNING' | 'STOPPING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';

/** A job run, as kept on disk: the front door may be restarted while Spark runs on. */
export interface RunRecord {
  readonly id: string;
  readonly job: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly started: number;
  readonly uiPort: number;
  readonly process: Running | null;
  /** A job that ends by itself (`glueetl`): SUCCEEDED where its process ends well. */
  readonly batch: boolean;
  state: RunState;
  completed: number | null;
  error: string | null;
}

/** States of a run whose process lives, or should. */
export const ALIVE: ReadonlySet<RunState> = new Set(['STARTING', 'RUNNING', 'STOPPING']);

/** Name of a run's process in its home. */
export const processName = (run: Pick<RunRecord, 'id' | 'job'>): string => `job-${run.job}-${run.id}`;

/**
 * The line of a log that says most: the driver's own last word, else the last error (a JVM that is left alone complains), else the
 * last line. Frames of a stack say where, not what (`at org.apache.spark.util.SparkErrorUtils...` names errors in each of them).
 */
export function lastError(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |\.\.\. \d+ more)/.test(line));
  const last = (pattern: RegExp) => lines.findLast((line) => pattern.test(line));
  return (last(/CRITICAL/) ?? last(/Error|Exception/) ?? lines.at(-1) ?? 'no output').slice(0, 500);
}
