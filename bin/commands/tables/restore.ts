import { versionOf } from '../../lake/as-of.js';
import { findTable } from '../../lake/tables.js';
import { target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { compared, type Rebuilt, runRebuild, startDrivers } from './rebuild/rebuild-job.js';
import { downstreamOf, restorable } from './rebuild/rebuildable.js';
import { restoreBackup } from './restore/backup.js';

interface RestoreOptions {
  readonly version?: string;
  readonly timestamp?: string;
  readonly from?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

export const restoreCommand = () =>
  newCommand(
    'restore',
    'put a table back to an old version: bronze, silver or gold, in a path of its own, with what came since computed anew; then what is downstream; stops the drivers meanwhile; or, --from, the whole lake of this machine to a backup',
    ['./sluice restore silver.source_checks --version 42', './sluice restore silver.source_checks --timestamp 2026-11-26T12:00:00Z', './sluice restore --from ~/lake.tar.gz --yes'],
  )
    .argument('[table]', 'for example silver.source_checks')
    .option('--from <file>', 'a file that ./sluice backup made: the whole lake here goes back to it')
    .option('--yes', 'with --from: do not ask')
    .option('--version <version>', 'a version; ./sluice tables says which can be read')
    .option('--timestamp <time>', 'the version that was there at a time, such as 2026-11-26T12:00:00Z')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(restore);

async function restore(table: string | undefined, options: RestoreOptions): Promise<void> {
  if (options.from !== undefined) {
    if (table !== undefined || options.version !== undefined || options.timestamp !== undefined)
      throw new CliError('--from puts the whole lake back: it goes with no table, version or time', EXIT.misuse);
    if (options.stage !== 'local') throw new CliError('--from is for the lake on this machine; docs/backup.md says the way back on AWS', EXIT.misuse);
    return restoreBackup(options.from, options);
  }
  await restoreTable(...asked(table, options), options);
}

/** The table, and its version or time. @throws CliError where what is asked is unclear */
function asked(table: string | undefined, options: RestoreOptions): readonly [table: string, asOf: string] {
  if (table === undefined) throw new CliError(`name a table (${restorable().join(', ')}), or a backup by --from FILE`, EXIT.misuse);
  if (!restorable().includes(table)) throw new CliError(`${table} cannot be restored; known: ${restorable().join(', ')}`, EXIT.misuse);
  const asOf = options.version ?? options.timestamp;
  if (asOf === undefined || (options.version !== undefined && options.timestamp !== undefined)) throw new CliError('give --version or --timestamp (not both)', EXIT.misuse);
  if (options.version !== undefined && !/^\d+$/.test(options.version)) throw new CliError(`--version ${options.version}: a number such as 42`, EXIT.misuse);
  return [table, asOf];
}

async function restoreTable(table: string, asOf: string, options: RestoreOptions): Promise<void> {
  const lake = target(options.stage);
  const { version } = await versionOf(findTable(table), asOf, lake);
  const results: Rebuilt[] = [];
  const tell = (result: Rebuilt) => {
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
}
