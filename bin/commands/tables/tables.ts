import type { Command } from 'commander';
import { lakeTables } from '../../../datasets/index.js';
import { inWords } from '../../../lambdas/monitor/check.js';
import { runQuery } from '../../lake/athena.js';
import { BrokenLog, DeltaTable, oldestReadable, verify } from '../../lake/delta.js';
import { sideBySide, stageOption } from '../../lake/sources.js';
import { findTable, fullName, locationOf, openTable } from '../../lake/tables.js';
import { type Target, target } from '../../lake/target.js';
import { bytes, CliError, EXIT, printJson, printRows, say } from '../../output.js';

interface TableRow {
  readonly table: string;
  /** Null where the log does not say, or there is no table yet. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
  readonly version: number | null;
  /** When it was last written, ISO. */
  readonly lastCommit: string | null;
  readonly lastMaintenance: string | null;
  readonly oldestVersion: number | null;
  readonly problem: string | null;
}

const iso = (time: number | undefined): string | null => (time === undefined || time === 0 ? null : new Date(time).toISOString());

async function describe(table: ReturnType<typeof findTable>, maintained: ReadonlyMap<string, string>, lake: Target): Promise<TableRow> {
  const base = {
    table: fullName(table),
    rows: null,
    bytes: null,
    files: null,
    version: null,
    lastCommit: null,
    lastMaintenance: maintained.get(fullName(table)) ?? null,
    oldestVersion: null,
  };
  try {
    const delta = await DeltaTable.open(lake.s3, await locationOf(table, lake));
    const [snapshot, stored] = [await delta.snapshot(), await delta.stored()];
    const files = [...snapshot.files.values()];
    return {
      ...base,
      rows: files.some(({ records }) => records === null) ? null : files.reduce((sum, { records }) => sum + (records ?? 0), 0),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      files: files.length,
      version: snapshot.version,
      lastCommit: iso(snapshot.commits.at(-1)?.timestamp),
      lastMaintenance: base.lastMaintenance ?? iso(snapshot.commits.filter(({ operation }) => operation === 'OPTIMIZE').at(-1)?.timestamp),
      oldestVersion: oldestReadable(snapshot, stored),
      problem: files.some(({ path }) => !stored.has(path)) ? `files are missing: ./sluice verify ${fullName(table)}` : null,
    };
  } catch (cause) {
    if (cause instanceof BrokenLog) return { ...base, problem: cause.message };
    throw cause;
  }
}

/** When each table was last maintained, as the lake remembers; empty where no engine answers. */
async function maintenance(lake: Target): Promise<Map<string, string>> {
  try {
    const { rows } = await runQuery("SELECT subject, max(finished_at) FROM ops.maintenance WHERE source <> '_canary' GROUP BY subject", lake, 60_000);
    return new Map(rows.map(([table, at]) => [table ?? '', at ?? '']));
  } catch (cause) {
    say(`maintenance is not known: ${(cause as Error).message}`);
    return new Map();
  }
}

export function addTableCommands(program: Command): void {
  program
    .command('tables')
    .description('every table: rows, size, files, age, last maintenance, and the oldest version that can still be read')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (options: { json?: boolean; stage: string }) => {
      const lake = target(options.stage);
      const maintained = await maintenance(lake);
      const rows = await sideBySide(lakeTables(), (table) => describe(table, maintained, lake));
      if (options.json) printJson(rows);
      else
        printRows(
          ['table', 'rows', 'size', 'files', 'version', 'written', 'maintained', 'readable from', 'problem'],
          rows.map((row) => [
            row.table,
            row.rows === null ? '' : String(row.rows),
            row.bytes === null ? '' : bytes(row.bytes),
            row.files === null ? '' : String(row.files),
            row.version === null ? '' : String(row.version),
            row.lastCommit === null ? '' : `${inWords((Date.now() - Date.parse(row.lastCommit)) / 60_000)} ago`,
            row.lastMaintenance ?? '',
            row.oldestVersion === null ? '' : String(row.oldestVersion),
            row.problem ?? '',
          ]),
        );
      if (rows.some(({ problem }) => problem !== null)) process.exitCode = EXIT.degraded;
    });

  program
    .command('verify')
    .description('hold a table’s log against its files: names what is missing or of another size; exit 3 if anything is')
    .argument('<table>', 'for example silver.harmful_domains')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (name: string, options: { json?: boolean; stage: string }) => {
      const table = findTable(name);
      try {
        const result = await verify(await openTable(table, target(options.stage)));
        if (options.json) printJson(result);
        else {
          for (const path of result.missing) process.stdout.write(`missing\t${path}\n`);
          for (const path of result.differ) process.stdout.write(`of another size\t${path}\n`);
          say(
            `${name} version ${result.version}: ${result.files} files in the log, ${result.missing.length} missing, ${result.differ.length} of another size, ${result.unreferenced} that no version names`,
          );
          if (result.missing.length + result.differ.length > 0) say(recovery(name));
        }
        if (result.missing.length + result.differ.length > 0) process.exitCode = EXIT.degraded;
      } catch (cause) {
        if (cause instanceof BrokenLog) throw new CliError(cause.message);
        throw cause;
      }
    });
}

/** What brings a damaged table back. */
function recovery(name: string): string {
  const [layer = '', dataset] = name.split('.');
  if (layer === 'silver' || layer === 'gold') return `it is computed from the layer before it: ./sluice rebuild ${name} --swap`;
  const copy = 'the way back is a copy: docs/backup.md (./sluice restore --from FILE here, older versions of the objects on AWS)';
  return layer === 'bronze' ? `${copy}; or replay the sources, while Kafka or landing holds what is lost: ./sluice replay ${dataset} --raw SOURCE` : copy;
}
