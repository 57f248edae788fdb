import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { lakeTables } from '../../datasets/index.js';
import { BackupError, type BackupManifest, putBack, unpackBackup, writeBackup } from '../../localstack/backup.js';
import { defaultHome, type Home } from '../../localstack/paths.js';
import { down, isUp, readState, trinoReady, up } from '../../localstack/stack.js';
import { confirm } from '../ask.js';
import { verify } from '../delta.js';
import { fullName, locationOf, openTable } from '../lake-tables.js';
import { bytes, CliError, EXIT, printJson, say } from '../output.js';
import { sideBySide, stageOption } from '../sources.js';
import { localTarget, runningLocal } from '../target.js';

const stampOf = (time: Date): string => time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');

/** @throws CliError where the lake's S3 is not ours to copy */
function requireOwn(home: Home): ReturnType<typeof readState> {
  const state = readState(home);
  if (state && !state.ownEmulator) throw new CliError(`the AWS here is not ours but ${state.emulatorUrl}: back up that one by its own means`, EXIT.misuse);
  return state;
}

/** Runs `work` while nothing of the lake runs, then starts again what ran. */
async function atRest<T>(home: Home, work: () => Promise<T>): Promise<T> {
  const state = readState(home);
  const ran = state !== null && isUp(home);
  if (ran) {
    say('stopping the lake, so that tables, checkpoints, topics and state are of one moment ...');
    await down(home, say);
  }
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BackupError) throw new CliError(cause.message);
    throw cause;
  } finally {
    if (ran) await up(home, { feeds: state.feeds }, say);
  }
}

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('write the whole lake of this machine (tables, checkpoints, catalog, state, topics) to one file; stops it meanwhile')
    .option('--out <file>', 'where to; it must not exist', '')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .addHelpText('after', '\nExample: ./sluice backup --out ~/lake.tar.gz; later ./sluice restore --from ~/lake.tar.gz')
    .action(async (options: { out: string; json?: boolean; stage: string }) => {
      if (options.stage !== 'local')
        throw new CliError(
          `on AWS backups are made by AWS: SLUICE_BACKUP_DAYS keeps a daily one in AWS Backup, SLUICE_VERSIONS_DAYS what was overwritten; docs/backup.md says how to come back`,
          EXIT.misuse,
        );
      const home = defaultHome();
      const feeds = requireOwn(home)?.feeds ?? 'recorded';
      const now = new Date();
      const file = resolve(options.out || `sluice-backup-${stampOf(now)}.tar.gz`);
      // Before anything is stopped.
      if (existsSync(file)) throw new CliError(`${file} exists: name another with --out, or remove it`);
      const { files, createdAt } = await atRest(home, () => writeBackup(home, file, feeds, now));
      const result = { file, createdAt, files: files.length, bytes: files.reduce((sum, each) => sum + each.bytes, 0), compressedBytes: statSync(file).size };
      if (options.json) printJson(result);
      else say(`${file}: ${result.files} files, ${bytes(result.bytes)}, ${bytes(result.compressedBytes)} compressed. To come back to it: ./sluice restore --from ${file}`);
      process.exit(EXIT.ok);
    });
}

/** Puts a backup in the place of the lake on this machine, starts it, and holds every table's log against its files. */
export async function restoreFrom(from: string, options: { yes?: boolean; json?: boolean }): Promise<void> {
  const home = defaultHome();
  requireOwn(home);
  const file = resolve(from);
  const folder = mkdtempSync(join(home.root, 'restore-'));
  try {
    // Looked at before anything is stopped: a file that is no backup changes nothing.
    const manifest = await unpackBackup(file, folder).catch((cause: unknown) => {
      if (cause instanceof BackupError) throw new CliError(cause.message);
      throw cause;
    });
    say(`${file}: the lake of ${manifest.createdAt}, ${manifest.files.length} files, each as it was backed up`);
    await confirm('Put it in the place of the lake here?', { yes: options.yes, otherwise: 'nothing was changed' });
    if (isUp(home)) await down(home, say);
    const aside = putBack(home, folder, `./sluice restore --from ${file}`, stampOf(new Date()));
    say(aside === null ? 'put back' : `put back; the lake of before stands in ${aside} until you remove it`);
    await trinoReady(home, await up(home, { feeds: manifest.feeds }, say));
    const tables = await damaged(manifest);
    if (options.json) printJson({ file, createdAt: manifest.createdAt, files: manifest.files.length, aside, tables });
    const wrong = tables.filter(({ problem }) => problem !== null);
    for (const { table, problem } of wrong) say(`${table}: ${problem}`);
    say(
      wrong.length === 0
        ? `restored: the files of ${tables.length} tables are all there; the Spark jobs go on at their checkpoints`
        : `restored, but ${wrong.length} tables are not whole`,
    );
    process.exitCode = wrong.length === 0 ? EXIT.ok : EXIT.degraded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit();
}

/** The tables that the backup holds, each with what is wrong with it now, if anything. */
async function damaged({ files }: BackupManifest): Promise<{ table: string; problem: string | null }[]> {
  const lake = localTarget(runningLocal());
  const checked = await sideBySide(lakeTables(), async (table) => {
    const { bucket, path } = await locationOf(table, lake);
    if (!files.some((file) => file.path.includes(`/${bucket}/${path}/_delta_log/`))) return [];
    const { missing, differ } = await verify(await openTable(table, lake));
    const problem = missing.length + differ.length === 0 ? null : `${missing.length} files missing, ${differ.length} of another size`;
    return [{ table: fullName(table), problem }];
  });
  return checked.flat();
}
