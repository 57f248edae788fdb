import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lakeTables } from '../../../../datasets/index.js';
import { BackupError, type BackupManifest } from '../../../../localstack/backup/manifest.js';
import { putBack } from '../../../../localstack/backup/put-back.js';
import { unpackBackup } from '../../../../localstack/backup/unpack.js';
import { defaultHome } from '../../../../localstack/paths.js';
import { down } from '../../../../localstack/stack/down.js';
import { isUp } from '../../../../localstack/stack/services.js';
import { trinoReady } from '../../../../localstack/stack/start.js';
import { up } from '../../../../localstack/stack/up.js';
import { confirm } from '../../../ask.js';
import { verify } from '../../../lake/delta-versions.js';
import { sideBySide } from '../../../lake/side-by-side.js';
import { fullName, locationOf, openTable } from '../../../lake/tables.js';
import { localTarget, runningLocal } from '../../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../../output.js';
import { requireOwn, stampOf } from '../../machine/backup/own.js';

/** Puts a backup in the place of the lake on this machine, starts it, and holds every table's log against its files. */
export async function restoreBackup(from: string, options: { yes?: boolean; json?: boolean }): Promise<void> {
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
