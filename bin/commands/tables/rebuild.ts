import { target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { compared, type Rebuilt, runRebuild, startDrivers } from './rebuild/rebuild-job.js';
import { downstreamOf, rebuildable } from './rebuild/rebuildable.js';

interface RebuildOptions {
  readonly swap?: boolean;
  readonly acceptLoss?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

export const rebuildCommand = () =>
  newCommand('rebuild', 'compute a silver or gold table anew, from the layer before it, into a path of its own, and compare; --swap then puts it in the place of the old one', [
    './sluice rebuild gold.source_status',
    './sluice rebuild gold.source_status --swap',
  ])
    .argument('<table>', 'for example gold.source_status; ./sluice tables names them all')
    .option('--swap', 'stop the drivers of the layer, compute, compare, swap, start them again; not where a row of the old table would be lost')
    .option('--accept-loss', 'with --swap: also where rows would be lost, for instance because Bronze has expired them')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(rebuild);

async function rebuild(table: string, options: RebuildOptions): Promise<void> {
  if (!rebuildable().includes(table)) throw new CliError(`${table} cannot be rebuilt; known: ${rebuildable().join(', ')}`, EXIT.misuse);
  if (options.acceptLoss && !options.swap) throw new CliError('--accept-loss is said of a --swap', EXIT.misuse);
  const lake = target(options.stage);
  say(`computing ${table} anew ...`);
  let result: Rebuilt;
  try {
    result = await runRebuild(table, options.swap ? (options.acceptLoss ? 'accept-loss' : 'yes') : 'no', lake);
  } finally {
    if (options.swap) await startDrivers(lake);
  }
  if (options.json) printJson(result);
  else tell(result, options.swap === true);
  if (options.swap && !result.swapped) process.exitCode = EXIT.failed;
}

function tell(result: Rebuilt, swap: boolean): void {
  const { table } = result;
  say(compared(result));
  if (result.swapped) say(`swapped: ${result.new} holds; ${result.old} stays until you remove it`);
  else if (swap) say(`not swapped: ${result.only_old} rows would be lost. --accept-loss swaps all the same`);
  else say(`nothing was swapped; the new one is at ${result.new}: add --swap`);
  const next = downstreamOf(table);
  if (result.swapped && next.length > 0)
    say(
      `what the old ${table} said stays in ${next.join(', ')} until you rebuild ${next.length === 1 ? 'it' : 'them, in this order'}: ${next.map((each) => `./sluice rebuild ${each} --swap`).join(' && ')}`,
    );
}
