import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Home } from '../paths.js';
import { BackupError, type BackupManifest, contractVersions, MANIFEST, sha256 } from './manifest.js';
import { tar } from './tar.js';

/**
 * What a backup holds, below the home: S3 (tables, landing, checkpoints, lists), the state table and the catalog; Kafka's logs;
 * metrics; and which Spark runs there were, since a writer's lease names its run. All of one moment, in which nothing runs.
 */
const PARTS = ['data/aws', 'data/kafka', 'data/metrics.json', 'run/glue-runs.json'] as const;

function filesBelow(root: string, path: string): string[] {
  const at = join(root, path);
  if (!existsSync(at)) return [];
  if (!statSync(at).isDirectory()) return [path];
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => relative(root, join(each.parentPath, each.name)))
    .sort();
}

function requireSpace(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes) throw new BackupError(`${what} needs ${Math.ceil(bytes / 1e6)} MB in ${folder}, ${Math.floor((bavail * bsize) / 1e6)} MB are free there`);
}

/**
 * Writes a backup of a home in which nothing runs. Whole or not at all: it gets its name when it is complete.
 *
 * @throws BackupError where the file exists, or the disk has no room
 */
export async function writeBackup(home: Home, file: string, feeds: BackupManifest['feeds'], createdAt: Date): Promise<BackupManifest> {
  if (existsSync(file)) throw new BackupError(`${file} exists: name another with --out, or remove it`);
  mkdirSync(dirname(file), { recursive: true });
  const files = [];
  for (const path of PARTS.flatMap((part) => filesBelow(home.root, part)))
    files.push({ path, bytes: statSync(join(home.root, path)).size, sha256: await sha256(join(home.root, path)) });
  if (!files.some(({ path }) => path.startsWith('data/aws/'))) throw new BackupError(`there is no lake in ${home.data}: nothing to back up`);
  requireSpace(
    dirname(file),
    files.reduce((sum, { bytes }) => sum + bytes, 0),
    'the backup',
  );
  const manifest: BackupManifest = { format: 1, createdAt: createdAt.toISOString(), feeds, contracts: contractVersions(), files };
  const part = `${file}.part`;
  mkdirSync(home.tmp, { recursive: true });
  const folder = mkdtempSync(join(home.tmp, 'backup-'));
  try {
    writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest));
    const parts = PARTS.filter((each) => existsSync(join(home.root, each)));
    const { output, ended } = tar(['-cf', '-', '-C', folder, MANIFEST, '-C', home.root, ...parts]);
    // Parquet is compressed already; Kafka's preallocated indices are the rest.
    await Promise.all([pipeline(output, createGzip({ level: 1 }), createWriteStream(part)), ended]);
    renameSync(part, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(part, { force: true });
  }
  return manifest;
}
