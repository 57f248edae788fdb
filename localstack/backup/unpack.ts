import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError, type BackupManifest, contractVersions, MANIFEST, manifestSchema, sha256 } from './manifest.js';
import { tar } from './tar.js';

/**
 * Unpacks a backup into a folder and holds every file against the manifest.
 *
 * @throws BackupError where it is none, is cut or damaged, or was made by a newer Sluice
 */
export async function unpackBackup(file: string, folder: string): Promise<BackupManifest> {
  if (!existsSync(file) || !statSync(file).isFile()) throw new BackupError(`${file} is no file: name one that ./sluice backup made`);
  mkdirSync(folder, { recursive: true });
  const { output, ended } = tar(['-xzf', file, '-C', folder, '--no-same-owner']);
  output.resume();
  await ended.catch((cause: Error) => {
    throw new BackupError(`${file} cannot be unpacked: ${cause.message}`);
  });
  const manifest = readManifest(file, join(folder, MANIFEST));
  const ours = contractVersions();
  for (const [name, version] of Object.entries(manifest.contracts))
    if ((ours[name] ?? 0) < version)
      throw new BackupError(`${file} holds ${name} by version ${version} of its contract, this Sluice knows ${ours[name] ?? 'none'}: restore it with a newer one`);
  for (const { path, bytes, sha256: wanted } of manifest.files) {
    const at = join(folder, path);
    if (!existsSync(at)) throw new BackupError(`${file} is damaged: ${path} is not in it`);
    if (statSync(at).size !== bytes || (await sha256(at)) !== wanted) throw new BackupError(`${file} is damaged: ${path} is not what was backed up`);
  }
  return manifest;
}

function readManifest(file: string, at: string): BackupManifest {
  if (!existsSync(at)) throw new BackupError(`${file} is no backup of Sluice's: it holds no ${MANIFEST}`);
  const parsed = manifestSchema.safeParse(jsonOf(readFileSync(at, 'utf8')));
  if (!parsed.success)
    throw new BackupError(
      `${file}: its ${MANIFEST} is not of a form that this Sluice reads: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    );
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
