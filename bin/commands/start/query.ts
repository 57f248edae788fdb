import { runQuery } from '../../lake/athena.js';
import { target } from '../../lake/target.js';
import { bytes, CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { queryAsOf } from './query/as-of.js';
import { namedQuery } from './query/named.js';

export const queryCommand = () =>
  newCommand('query', 'run SQL, or a named query of the contracts, through the Athena API', [
    './sluice query active_by_source',
    './sluice query "SELECT count(*) FROM ops.ledger"',
    './sluice query "SELECT count(*) FROM gold.source_status" --as-of 2026-11-26T12:00:00Z',
  ])
    .argument('<sql-or-name>', 'SQL, or a name such as active_by_source')
    .option('--as-of <version-or-time>', 'the tables as they were: a version of one table, or a time')
    .option('--pinned', 'with --as-of: by a temporary table over the files of that version, as Athena needs it, here too')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(query);

async function query(text: string, options: { asOf?: string; pinned?: boolean; json?: boolean; stage: string }): Promise<void> {
  const sql = namedQuery(text);
  if (options.pinned && options.asOf === undefined) throw new CliError('--pinned is said of --as-of', EXIT.misuse);
  const lake = target(options.stage);
  const { columns, rows, scannedBytes, elapsedMs } = options.asOf === undefined ? await runQuery(sql, lake) : await queryAsOf(sql, options.asOf, options.pinned === true, lake);
  if (options.json) return printJson({ rows: rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))), scannedBytes, elapsedMs });
  printRows(
    columns,
    rows.map((row) => row.map((cell) => cell ?? 'NULL')),
  );
  say(`${rows.length} row${rows.length === 1 ? '' : 's'}, ${bytes(scannedBytes)} scanned, ${(elapsedMs / 1000).toFixed(1)} s`);
}
