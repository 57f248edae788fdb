import type { Command } from 'commander';
import { datasets } from '../../datasets/index.js';
import { physicalName } from '../../lib/config.js';
import { defaultHome } from '../../localstack/paths.js';
import { logFile, tail } from '../../localstack/process.js';
import { PINNED_CATALOG } from '../../localstack/services/trino.js';
import { jobRuns } from '../../localstack/stack.js';
import { PinnedTable, pinned, replaceTables } from '../as-of.js';
import { runQuery } from '../athena.js';
import { describeCheck, invokeIngest } from '../ingest.js';
import { fullName } from '../lake-tables.js';
import { bytes, CliError, EXIT, printJson, printRows, say } from '../output.js';
import { assertSource, sideBySide, sourcesOnAt, stageOption } from '../sources.js';
import { type Target, target } from '../target.js';

/** SQL by its name in the contracts, else the text itself. */
export function namedQuery(nameOrSql: string): string {
  const named = datasets.flatMap((dataset) => dataset.queries).find(({ name }) => name === nameOrSql);
  if (named) return named.sql;
  if (/^[a-z][a-z0-9_]*$/.test(nameOrSql)) {
    const known = datasets.flatMap((dataset) => dataset.queries.map(({ name }) => name));
    throw new CliError(`no query is named "${nameOrSql}"; known: ${known.join(', ')}; or give SQL: ./sluice query "SELECT ..."`, EXIT.misuse);
  }
  return nameOrSql;
}

/** Trino travels in time by itself; Athena reads a temporary table over the files of the version. */
async function queryAsOf(sql: string, asOf: string, byTable: boolean, lake: Target) {
  const versions = await pinned(sql, asOf, lake);
  for (const { table, version, files } of versions) say(`${fullName(table)} at version ${version}, ${files.length} files`);
  const versionOf = (name: string) => versions.find(({ table }) => fullName(table) === name)?.version;
  if (lake.local && !byTable)
    return runQuery(
      replaceTables(sql, (name) => `${name} FOR VERSION AS OF ${versionOf(name)}`),
      lake,
    );
  const made = new Map<string, PinnedTable>();
  try {
    for (const each of versions) made.set(fullName(each.table), await PinnedTable.create(each, artefactsBucket(lake, each.location.bucket), lake));
    // Here Trino reads such tables by its Hive connector, a catalog of its own.
    const catalog = lake.local ? `${PINNED_CATALOG}.` : '';
    return await runQuery(
      replaceTables(sql, (name) => `${catalog}${name.split('.')[0]}.${made.get(name)?.name}`),
      lake,
    );
  } finally {
    for (const table of made.values()) await table.remove();
  }
}

/** The bucket of query results, which stands beside the lake's: same account, same region. */
const artefactsBucket = ({ identity }: Target, lakeBucket: string): string => lakeBucket.replace(physicalName(identity, 'lake'), physicalName(identity, 'artefacts'));

/** The body of a source that was refused last. @throws CliError where none was */
async function lastRefused(source: string, lake: Target): Promise<string> {
  const sql = `SELECT body_sha256, reason FROM silver.source_checks WHERE source = '${source}' AND outcome = 'refused' ORDER BY started_at DESC LIMIT 1`;
  const [sha256, reason] = (await runQuery(sql, lake)).rows[0] ?? [];
  if (!sha256) throw new CliError(`no body of ${source} was refused, so there is none to release; ./sluice query source_status says how its checks went`);
  say(`${source}: refused last was ${sha256}: ${reason ?? ''}`);
  return sha256;
}

export function addDataCommands(program: Command): void {
  program
    .command('ingest')
    .description('check a source now: fetch it, and send what changed')
    .argument('[source]', 'a source of the contracts')
    .option('--all', 'every source that is on')
    .option('--whole', 'publish the whole list, as happens once a day')
    .option('--dry-run', 'fetch, parse and compare; store and send nothing')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (source: string | undefined, options: { all?: boolean; whole?: boolean; dryRun?: boolean; json?: boolean; stage: string }) => {
      if ((source === undefined) === (options.all !== true)) throw new CliError('name a source, or --all (not both)', EXIT.misuse);
      if (source !== undefined) assertSource(source);
      const lake = target(options.stage);
      const checks = await sideBySide(source === undefined ? sourcesOnAt(options.stage) : [source], async (name) => {
        if (!options.json) say(`checking ${name} ...`);
        const check = await invokeIngest({ event: 'check', source: name, ...(options.whole ? { whole: true } : {}), ...(options.dryRun ? { dryRun: true } : {}) }, lake);
        if (!options.json) say(describeCheck(check));
        return check;
      });
      if (options.json) printJson(checks);
      if (checks.some(({ outcome }) => outcome === 'failed' || outcome === 'refused')) process.exitCode = EXIT.failed;
    });

  program
    .command('release')
    .description('accept a body that was refused and set aside, as if it had been believed')
    .argument('<source>', 'a source of the contracts')
    .option('--sha256 <hash>', 'the body; default: the one refused last')
    .option('--dry-run', 'say what it would change; store and send nothing')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (source: string, options: { sha256?: string; dryRun?: boolean; json?: boolean; stage: string }) => {
      assertSource(source);
      if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.sha256))
        throw new CliError(`--sha256 ${options.sha256}: not a sha256; ./sluice release ${source} takes the body refused last`, EXIT.misuse);
      const lake = target(options.stage);
      const sha256 = options.sha256 ?? (await lastRefused(source, lake));
      const check = await invokeIngest({ event: 'release', source, sha256, ...(options.dryRun ? { dryRun: true } : {}) }, lake);
      if (options.json) printJson(check);
      else say(describeCheck(check));
    });

  program
    .command('query')
    .description('run SQL, or a named query of the contracts, through the Athena API')
    .argument('<sql-or-name>', 'SQL, or a name such as active_by_source')
    .option('--as-of <version-or-time>', 'the tables as they were: a version of one table, or a time')
    .option('--pinned', 'with --as-of: by a temporary table over the files of that version, as Athena needs it, here too')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (text: string, options: { asOf?: string; pinned?: boolean; json?: boolean; stage: string }) => {
      const sql = namedQuery(text);
      if (options.pinned && options.asOf === undefined) throw new CliError('--pinned is said of --as-of', EXIT.misuse);
      const lake = target(options.stage);
      const result = options.asOf === undefined ? await runQuery(sql, lake) : await queryAsOf(sql, options.asOf, options.pinned === true, lake);
      if (options.json) {
        printJson({
          rows: result.rows.map((row) => Object.fromEntries(result.columns.map((name, i) => [name, row[i] ?? null]))),
          scannedBytes: result.scannedBytes,
          elapsedMs: result.elapsedMs,
        });
        return;
      }
      printRows(
        result.columns,
        result.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
      );
      say(`${result.rows.length} row${result.rows.length === 1 ? '' : 's'}, ${bytes(result.scannedBytes)} scanned, ${(result.elapsedMs / 1000).toFixed(1)} s`);
    });

  program
    .command('logs')
    .description('the end of a log: kafka, aws, trino, door, feeds, deploy, or a job (combined, bronze, silver, gold)')
    .argument('<component>')
    .option('-n, --lines <count>', 'how many lines', '50')
    .action((component: string, options: { lines: string }) => {
      const lines = Number(options.lines);
      if (!Number.isInteger(lines) || lines < 1) throw new CliError(`--lines ${options.lines}: not a number of lines`, EXIT.misuse);
      const home = defaultHome();
      const run = jobRuns(home).find(({ job }) => job === component || job.endsWith(`-${component}`));
      const servers = ['kafka', 'aws', 'trino', 'door', 'feeds', 'deploy'];
      if (!run && !servers.includes(component)) throw new CliError(`no log of "${component}"; known: ${servers.join(', ')}, and jobs that have run`, EXIT.misuse);
      const text = tail(run?.process?.log ?? logFile(home, component), lines);
      process.stdout.write(text === '' ? '' : `${text}\n`);
    });
}
