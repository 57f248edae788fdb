import { BatchStopJobRunCommand, GetJobRunsCommand } from '@aws-sdk/client-glue';
import { z } from 'zod';
import { StateTable } from '../../../../lambdas/shared/state-table.js';
import { isRunning } from '../../../../lambdas/watchdog/watch-jobs.js';
import { physicalName } from '../../../../lib/config.js';
import { LAYOUTS } from '../../../../lib/medallion/layouts.js';
import { callWatchdog, runJob } from '../../../lake/jobs.js';
import { stateTable, type Target } from '../../../lake/target.js';
import { say } from '../../../output.js';

const resultSchema = z.object({
  table: z.string(),
  old: z.string(),
  new: z.string(),
  swapped: z.boolean(),
  same: z.number(),
  different: z.number(),
  only_old: z.number(),
  only_new: z.number(),
});
/** What came of a rebuild: how the new table compares with the old one. */
export type Rebuilt = z.infer<typeof resultSchema>;

const TIMEOUT_MS = 12 * 3_600_000;

/** Layers whose drivers must rest while a table is swapped: its writer, and who reads it. */
const RESTING: Readonly<Record<string, readonly string[]>> = { bronze: ['bronze', 'silver'], silver: ['silver', 'gold'], gold: ['gold'] };
const restingLayers = (table: string): readonly string[] => RESTING[table.split('.')[0] ?? ''] ?? [];

/** Stops the runs of every job that writes one of the layers. */
async function stopDrivers(lake: Target, layers: readonly string[]): Promise<void> {
  const jobs = Object.values(LAYOUTS).flatMap((layout) => Object.entries(layout).filter(([, writes]) => writes.some((layer) => layers.includes(layer))));
  for (const [name] of jobs) {
    const JobName = physicalName(lake.identity, name);
    // A layout that the stage does not have has no such job.
    const runs = await lake.glue.send(new GetJobRunsCommand({ JobName })).catch(() => null);
    const alive = (runs?.JobRuns ?? []).filter(({ JobRunState = '' }) => isRunning({ state: JobRunState })).map(({ Id }) => Id ?? '');
    if (alive.length === 0) continue;
    say(`stopping ${JobName}, which goes on at its checkpoints afterwards ...`);
    await lake.glue.send(new BatchStopJobRunCommand({ JobName, JobRunIds: alive }));
  }
}

/** Runs the job that computes a table anew. @param version begin with the rows of this one. @default - compute from the layer before */
export async function runRebuild(table: string, swap: 'no' | 'yes' | 'accept-loss', lake: Target, version?: number): Promise<Rebuilt> {
  // First the rebuild, which waits for the lease; then the drivers are stopped: whoever is started again comes after it.
  const stop = async () => (swap === 'no' ? undefined : stopDrivers(lake, restingLayers(table)));
  const restored: Record<string, string> = version === undefined ? {} : { '--version': String(version) };
  const RunId = await runJob(lake, 'rebuild', { '--table': table, '--swap': swap, ...restored }, TIMEOUT_MS, stop);
  const { result = '{}' } = await new StateTable(lake.dynamo, stateTable(lake)).item(`rebuild#${RunId}`);
  return resultSchema.parse(JSON.parse(String(result)));
}

/** Starts what a rebuild stopped, at once; the watchdog's schedule would, later. */
export const startDrivers = (lake: Target) => callWatchdog(lake);

/** A comparison in a sentence. */
export const compared = (result: Rebuilt) =>
  `${result.table}: ${result.same} rows are the same, ${result.different} differ, ${result.only_old} are in the old table alone, ${result.only_new} in the new one alone`;
