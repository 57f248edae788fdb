import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { putBack, requireWholeData } from '../../localstack/backup/put-back.js';
import { unpackBackup } from '../../localstack/backup/unpack.js';
import { writeBackup } from '../../localstack/backup/write.js';
import { type Home, homeAt } from '../../localstack/paths.js';

const AT = new Date('2026-11-27T12:00:00Z');

let folder: string;
let home: Home;
let file: string;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(home.root, path)), { recursive: true });
  writeFileSync(join(home.root, path), text);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice backup-'));
  home = homeAt(join(folder, 'home'));
  file = join(folder, 'out', 'lake.tar.gz');
  put('data/aws/s3/000000000000/lake/gold/t/_delta_log/00000000000000000000.json', '{}\n');
  put('data/aws/state/dynamodb.json', '{"state":1}');
  put('data/kafka/logs/topic-0/00000000000000000000.log', 'x'.repeat(100_000));
  put('run/glue-runs.json', '[]');
  put('run/front-door.pid', '1');
  put('data/feeds/recorded.txt', 'made anew by up');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Packs a folder as `tar | gzip` would, whatever it holds. */
function packed(files: Readonly<Record<string, string>>): string {
  const from = mkdtempSync(join(folder, 'pack-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(from, name), text);
  const to = join(folder, 'other.tar.gz');
  execFileSync('tar', ['-czf', to, '-C', from, ...Object.keys(files)]);
  return to;
}

describe('a backup', () => {
  test('comes back byte for byte, without pids and recorded feeds, and what was there stands aside', async () => {
    const written = await writeBackup(home, file, 'live', AT);
    expect(written.files.map(({ path }) => path)).toEqual([
      'data/aws/s3/000000000000/lake/gold/t/_delta_log/00000000000000000000.json',
      'data/aws/state/dynamodb.json',
      'data/kafka/logs/topic-0/00000000000000000000.log',
      'run/glue-runs.json',
    ]);
    expect(readdirSync(dirname(file))).toEqual(['lake.tar.gz']);
    put('data/aws/state/dynamodb.json', '{"state":2}');
    put('run/glue-runs.json', '["later"]');

    const into = join(folder, 'into');
    expect(await unpackBackup(file, into)).toEqual(written);
    const aside = putBack(home, into, 'restore', 'X');
    expect(aside).toBe(`${home.data}-before-X`);
    expect(readFileSync(join(home.data, 'aws/state/dynamodb.json'), 'utf8')).toBe('{"state":1}');
    expect(readFileSync(join(home.run, 'glue-runs.json'), 'utf8')).toBe('[]');
    expect(readFileSync(join(aside ?? '', 'aws/state/dynamodb.json'), 'utf8')).toBe('{"state":2}');
    expect(existsSync(join(home.data, 'feeds'))).toBe(false);
    expect(() => requireWholeData(home)).not.toThrow();
  });

  test('is not written over a file, nor of a lake that is not there', async () => {
    await writeBackup(home, file, 'recorded', AT);
    await expect(writeBackup(home, file, 'recorded', AT)).rejects.toThrow(`${file} exists`);
    await expect(writeBackup(homeAt(join(folder, 'nobody')), join(folder, 'b'), 'recorded', AT)).rejects.toThrow('nothing to back up');
    expect(existsSync(join(folder, 'b'))).toBe(false);
  });

  test('that is missing, cut, no archive or no backup is refused by name', async () => {
    const into = () => mkdtempSync(join(folder, 'into-'));
    await expect(unpackBackup(join(folder, 'nope'), into())).rejects.toThrow('nope is no file');
    writeFileSync(join(folder, 'text'), 'not an archive');
    await expect(unpackBackup(join(folder, 'text'), into())).rejects.toThrow(/text cannot be unpacked/);
    await writeBackup(home, file, 'recorded', AT);
    truncateSync(file, 400);
    await expect(unpackBackup(file, into())).rejects.toThrow(/lake\.tar\.gz cannot be unpacked/);
    await expect(unpackBackup(packed({ 'readme.txt': 'hello' }), into())).rejects.toThrow('holds no manifest.json');
    await expect(unpackBackup(packed({ 'manifest.json': '{"format":9}' }), into())).rejects.toThrow('not of a form that this Sluice reads');
    await expect(unpackBackup(packed({ 'manifest.json': '{' }), into())).rejects.toThrow('not of a form that this Sluice reads');
  });

  test('whose files are not those of its manifest, or that a newer Sluice made, is refused', async () => {
    const manifest = { format: 1, createdAt: AT.toISOString(), feeds: 'recorded', contracts: {}, files: [{ path: 'run.json', bytes: 2, sha256: '0'.repeat(64) }] };
    const into = () => mkdtempSync(join(folder, 'into-'));
    await expect(unpackBackup(packed({ 'manifest.json': JSON.stringify(manifest) }), into())).rejects.toThrow('damaged: run.json is not in it');
    await expect(unpackBackup(packed({ 'manifest.json': JSON.stringify(manifest), 'run.json': '[]' }), into())).rejects.toThrow('damaged: run.json is not what was backed up');
    const newer = { ...manifest, contracts: { harmful_domains: 999 }, files: [] };
    await expect(unpackBackup(packed({ 'manifest.json': JSON.stringify(newer) }), into())).rejects.toThrow(
      /harmful_domains by version 999 of its contract, this Sluice knows \d+: restore it with a newer one/,
    );
  });

  test('a restore that was cut between its renames stops the next start, and is done by running it again', async () => {
    await writeBackup(home, file, 'recorded', AT);
    // As a kill between the renames leaves it.
    const cut = join(folder, 'cut');
    await unpackBackup(file, cut);
    rmSync(join(cut, 'data'), { recursive: true });
    expect(() => putBack(home, cut, './sluice restore --from lake.tar.gz', 'X')).toThrow();
    expect(() => requireWholeData(home)).toThrow('a restore was cut short here: run it again (./sluice restore --from lake.tar.gz)');
    const again = join(folder, 'again');
    await unpackBackup(file, again);
    expect(putBack(home, again, './sluice restore --from lake.tar.gz', 'Y')).toBeNull();
    expect(() => requireWholeData(home)).not.toThrow();
  });
});
