import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { datasets } from '../datasets/index.js';
import type { Home } from './paths.js';

/**
 * What a backup holds, below the home: S3 (tables, landing, checkpoints, lists), the state table and the catalog; Kafka's logs;
 * metrics; and which Spark runs there were, since a writer's lease names its run. All of one moment, in which nothing runs.
 */
const PARTS = ['data/aws', 'data/kafka', 'data/metrics.json', 'run/glue-runs.json'] as const;
const MANIFEST = 'manifest.json';

const manifestSchema = z.object({
  format: z.literal(1),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  feeds: z.enum(['recorded', 'live']),
  /** Version of each dataset's contract. */
  contracts: z.record(z.string(), z.number().int()),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

/** Something is wrong with a backup's file, or with where it should go. Nothing was changed. */
export class BackupError extends Error {}

const contractVersions = (): Record<string, number> => Object.fromEntries(datasets.map(({ name, version }) => [name, version]));

function filesBelow(root: string, path: string): string[] {
  const at = join(root, path);
  if (!existsSync(at)) return [];
  if (!statSync(at).isDirectory()) return [path];
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => relative(root, join(each.parentPath, each.name)))
    .sort();
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Runs tar. @throws BackupError with what it said */
function tar(args: readonly string[]): { output: Readable; ended: Promise<void> } {
  const child = spawn('tar', [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(new BackupError(`tar could not be run: ${cause.message}`)));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new BackupError(said.trim() || `tar ended with ${code}`))));
  });
  return { output: child.stdout, ended };
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

/** Where a restore says that it is under way: a lake that is half put back must not be started. */
const markOf = (home: Home): string => join(home.root, 'restoring');

/** @throws BackupError where a restore was cut between its two renames */
export function requireWholeData(home: Home): void {
  if (existsSync(markOf(home))) throw new BackupError(`a restore was cut short here: run it again (${readFileSync(markOf(home), 'utf8')})`);
}

/**
 * Puts an unpacked backup in the place of a home's data. Nothing may run.
 *
 * @returns where the data of before now stands; null where there was none
 */
export function putBack(home: Home, folder: string, command: string, stamp: string): string | null {
  writeFileSync(markOf(home), command);
  const aside = `${home.data}-before-${stamp}`;
  const had = existsSync(home.data);
  if (had) renameSync(home.data, aside);
  renameSync(join(folder, 'data'), home.data);
  mkdirSync(home.run, { recursive: true });
  const runs = join(folder, 'run', 'glue-runs.json');
  if (existsSync(runs)) renameSync(runs, join(home.run, 'glue-runs.json'));
  rmSync(markOf(home));
  return had ? aside : null;
}
