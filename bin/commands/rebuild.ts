import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { BatchStopJobRunCommand, GetJobRunsCommand } from '@aws-sdk/client-glue';
import type { Command } from 'commander';
import { z } from 'zod';
import { isFed } from '../../contracts/index.js';
import { downstreamOf as downstream } from '../../contracts/lineage.js';
import { datasets } from '../../datasets/index.js';
import { isRunning } from '../../lambdas/watchdog/run.js';
import { physicalName } from '../../lib/config.js';
import { LAYOUTS } from '../../lib/medallion/layouts.js';
import { versionOf } from '../as-of.js';
import { callWatchdog, runJob } from '../jobs.js';
import { findTable, fullName } from '../lake-tables.js';
import { CliError, EXIT, printJson, say } from '../output.js';
import { stageOption } from '../sources.js';
import { type Target, target } from '../target.js';
import { restoreFrom } from './backup.js';

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
type Result = z.infer<typeof resultSchema>;

const TIMEOUT_MS = 12 * 3_600_000;

/** Tables that are computed from another one. */
export const rebuildable = (): string[] => datasets.flatMap((dataset) => dataset.tables.filter(({ layer }) => layer === 'silver' || layer === 'gold').map(fullName));

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

/** @param version begin with the rows of this one. @default - compute from the layer before */
async function runRebuild(table: string, swap: 'no' | 'yes' | 'accept-loss', lake: Target, version?: number): Promise<Result> {
  // First the rebuild, which waits for the lease; then the drivers are stopped: whoever is started again comes after it.
  const stop = async () => (swap === 'no' ? undefined : stopDrivers(lake, restingLayers(table)));
  const restored: Record<string, string> = version === undefined ? {} : { '--version': String(version) };
  const RunId = await runJob(lake, 'rebuild', { '--table': table, '--swap': swap, ...restored }, TIMEOUT_MS, stop);
  const { Item } = await lake.dynamo.send(new GetItemCommand({ TableName: physicalName(lake.identity, 'state'), Key: { pk: { S: `rebuild#${RunId}` } } }));
  return resultSchema.parse(JSON.parse(Item?.result?.S ?? '{}'));
}

/** Starts what a rebuild stopped, at once; the watchdog's schedule would, later. */
const startDrivers = (lake: Target) => callWatchdog(lake);

const compared = (result: Result) =>
  `${result.table}: ${result.same} rows are the same, ${result.different} differ, ${result.only_old} are in the old table alone, ${result.only_new} in the new one alone`;

/** Tables that are computed from a Silver or Gold table, directly or by others, in the order in which they are to be rebuilt. */
export const downstreamOf = (table: string): string[] => (table.startsWith('bronze.') ? [] : downstream(table, datasets)).filter((each) => rebuildable().includes(each));

/** Tables that can be put back: what is computed, and Bronze, which holds what came. */
export const restorable = (): string[] => [...datasets.filter(isFed).map(({ name }) => `bronze.${name}`), ...rebuildable()];

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description(
      'put a bronze, silver or gold table back to an old version, in a path of its own, with what came since computed anew; then what is downstream; stops the drivers meanwhile; or, --from, the whole lake of this machine to a backup',
    )
    .argument('[table]', 'for example silver.harmful_domains')
    .option('--from <file>', 'a file that ./sluice backup made: the whole lake here goes back to it')
    .option('--yes', 'with --from: do not ask')
    .option('--version <version>', 'a version; ./sluice tables says which can be read')
    .option('--timestamp <time>', 'the version that was there at a time, such as 2026-11-26T12:00:00Z')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (table: string | undefined, options: { version?: string; timestamp?: string; from?: string; yes?: boolean; json?: boolean; stage: string }) => {
      if (options.from !== undefined) {
        if (table !== undefined || options.version !== undefined || options.timestamp !== undefined)
          throw new CliError('--from puts the whole lake back: it goes with no table, version or time', EXIT.misuse);
        if (options.stage !== 'local') throw new CliError('--from is for the lake on this machine; docs/backup.md says the way back on AWS', EXIT.misuse);
        return restoreFrom(options.from, options);
      }
      if (table === undefined) throw new CliError(`name a table (${restorable().join(', ')}), or a backup by --from FILE`, EXIT.misuse);
      if (!restorable().includes(table)) throw new CliError(`${table} cannot be restored; known: ${restorable().join(', ')}`, EXIT.misuse);
      const asOf = options.version ?? options.timestamp;
      if (asOf === undefined || (options.version !== undefined && options.timestamp !== undefined)) throw new CliError('give --version or --timestamp (not both)', EXIT.misuse);
      if (options.version !== undefined && !/^\d+$/.test(options.version)) throw new CliError(`--version ${options.version}: a number such as 42`, EXIT.misuse);
      const lake = target(options.stage);
      const { version } = await versionOf(findTable(table), asOf, lake);
      const results: Result[] = [];
      const tell = (result: Result) => {
        results.push(result);
        if (!options.json) say(compared(result));
      };
      try {
        say(`restoring ${table} as of version ${version} ...`);
        tell(await runRebuild(table, 'accept-loss', lake, version));
        for (const each of downstreamOf(table)) {
          say(`computing ${each} anew ...`);
          tell(await runRebuild(each, 'accept-loss', lake));
        }
      } finally {
        await startDrivers(lake);
      }
      if (options.json) printJson({ table, version, results });
      else say(`${table} begins with the rows of version ${version}, and holds what came since; what stood there before stays at ${results[0]?.old} until you remove it`);
    });
}

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('compute a silver or gold table anew, from the layer before it, into a path of its own, and compare; --swap then puts it in the place of the old one')
    .argument('<table>', 'for example gold.harmful_domains')
    .option('--swap', 'stop the drivers of the layer, compute, compare, swap, start them again; not where a row of the old table would be lost')
    .option('--accept-loss', 'with --swap: also where rows would be lost, for instance because Bronze has expired them')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (table: string, options: { swap?: boolean; acceptLoss?: boolean; json?: boolean; stage: string }) => {
      if (!rebuildable().includes(table)) throw new CliError(`${table} cannot be rebuilt; known: ${rebuildable().join(', ')}`, EXIT.misuse);
      if (options.acceptLoss && !options.swap) throw new CliError('--accept-loss is said of a --swap', EXIT.misuse);
      const lake = target(options.stage);
      say(`computing ${table} anew ...`);
      let result: Result;
      try {
        result = await runRebuild(table, options.swap ? (options.acceptLoss ? 'accept-loss' : 'yes') : 'no', lake);
      } finally {
        if (options.swap) await startDrivers(lake);
      }
      if (options.json) printJson(result);
      else {
        say(compared(result));
        if (result.swapped) say(`swapped: ${result.new} holds; ${result.old} stays until you remove it`);
        else if (options.swap) say(`not swapped: ${result.only_old} rows would be lost. --accept-loss swaps all the same`);
        else say(`nothing was swapped; the new one is at ${result.new}: add --swap`);
        const next = downstreamOf(table);
        if (result.swapped && next.length > 0)
          say(
            `${next.join(', ')}: computed from ${table}, still with what the old one said; rebuild them too, in this order: ${next.map((each) => `./sluice rebuild ${each} --swap`).join(' && ')}`,
          );
      }
      if (options.swap && !result.swapped) process.exitCode = EXIT.failed;
    });
}
