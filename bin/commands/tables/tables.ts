import { lakeTables } from '../../../datasets/index.js';
import { MAINTENANCE_TABLE } from '../../../datasets/operations/contract.js';
import { inWords } from '../../../lambdas/monitor/health.js';
import { runQuery } from '../../lake/athena.js';
import { sideBySide } from '../../lake/side-by-side.js';
import { type Target, target } from '../../lake/target.js';
import { bytes, EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { describeTable, type TableRow } from './tables/table-row.js';

/** When each table was last maintained, as the lake remembers; empty where no engine answers. */
async function maintenance(lake: Target): Promise<Map<string, string>> {
  try {
    const { rows } = await runQuery(`SELECT subject, max(finished_at) FROM ${MAINTENANCE_TABLE} GROUP BY subject`, lake, 60_000);
    return new Map(rows.map(([table, at]) => [table ?? '', at ?? '']));
  } catch (cause) {
    say(`maintenance is not known: ${(cause as Error).message}`);
    return new Map();
  }
}

const ago = (time: string): string => `${inWords((Date.now() - Date.parse(time)) / 60_000)} ago`;

const printTables = (rows: readonly TableRow[]): void =>
  printRows(
    ['table', 'rows', 'size', 'files', 'version', 'written', 'maintained', 'readable from', 'problem'],
    rows.map((row) => [
      row.table,
      row.rows === null ? '' : String(row.rows),
      row.bytes === null ? '' : bytes(row.bytes),
      row.files === null ? '' : String(row.files),
      row.version === null ? '' : String(row.version),
      row.lastCommit === null ? '' : ago(row.lastCommit),
      row.lastMaintenance ?? '',
      row.oldestVersion === null ? '' : String(row.oldestVersion),
      row.problem ?? '',
    ]),
  );

export const tablesCommand = () =>
  newCommand('tables', 'every table: rows, size, files, age, last maintenance, and the oldest version that can still be read', ['./sluice tables'])
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (options: { json?: boolean; stage: string }) => {
      const lake = target(options.stage);
      const maintained = await maintenance(lake);
      const rows = await sideBySide(lakeTables(), (table) => describeTable(table, maintained, lake));
      if (options.json) printJson(rows);
      else printTables(rows);
      if (rows.some(({ problem }) => problem !== null)) process.exitCode = EXIT.degraded;
    });
