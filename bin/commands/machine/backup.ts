import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BackupError } from '../../../localstack/backup/manifest.js';
import { writeBackup } from '../../../localstack/backup/write.js';
import { defaultHome, type Home } from '../../../localstack/paths.js';
import { down } from '../../../localstack/stack/down.js';
import { readInstance } from '../../../localstack/stack/instance.js';
import { isUp } from '../../../localstack/stack/services.js';
import { up } from '../../../localstack/stack/up.js';
import { bytes, CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { requireOwn, stampOf } from './backup/own.js';

/** Runs `work` while nothing of the lake runs, then starts again what ran. */
async function atRest<T>(home: Home, work: () => Promise<T>): Promise<T> {
  const instance = readInstance(home);
  const ran = instance !== null && isUp(home);
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
    if (ran) await up(home, { feeds: instance.feeds }, say);
  }
}

export const backupCommand = () =>
  newCommand('backup', 'write the whole lake of this machine (tables, checkpoints, catalog, state, topics) to one file; stops it meanwhile', [
    './sluice backup --out ~/lake.tar.gz',
    './sluice restore --from ~/lake.tar.gz',
  ])
    .option('--out <file>', 'where to; it must not exist', '')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(backup);

async function backup(options: { out: string; json?: boolean; stage: string }): Promise<void> {
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
}
