import { type GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { replaceTables, tablesRead } from '../../bin/lake/as-of.js';
import { DeltaTable } from '../../bin/lake/delta.js';
import { oldestReadable, verify, versionAt } from '../../bin/lake/delta-versions.js';

const PATH = 'gold/t';
const location = { bucket: 'b', path: PATH };
type Action = Record<string, unknown>;
const add = (path: string, size = 10, numRecords = 1): Action => ({ add: { path, size, stats: JSON.stringify({ numRecords }) } });
const remove = (path: string): Action => ({ remove: { path } });

/** A bucket in memory: a log of JSON commits, and data files. */
function bucket(commits: readonly (readonly Action[])[], files: Readonly<Record<string, number>>, first = 0): S3Client {
  const objects = new Map<string, string>();
  for (const [i, actions] of commits.entries()) {
    const lines = [{ commitInfo: { timestamp: 1_000 * (first + i + 1), operation: 'WRITE' } }, ...actions];
    objects.set(`${PATH}/_delta_log/${String(first + i).padStart(20, '0')}.json`, lines.map((line) => JSON.stringify(line)).join('\n'));
  }
  for (const [name, size] of Object.entries(files)) objects.set(`${PATH}/${name}`, 'x'.repeat(size));
  return {
    send: async (command: ListObjectsV2Command | GetObjectCommand) => {
      if (command instanceof ListObjectsV2Command)
        return { Contents: [...objects].filter(([key]) => key.startsWith(command.input.Prefix ?? '')).map(([Key, text]) => ({ Key, Size: text.length })) };
      const text = objects.get(command.input.Key ?? '') ?? '';
      return { Body: { transformToByteArray: async () => new TextEncoder().encode(text) } };
    },
  } as unknown as S3Client;
}

describe('a Delta log', () => {
  const commits = [[add('a'), add('b')], [remove('a'), add('c%20d', 20, 5)], [add('e')]];
  test('is followed to any version it holds', async () => {
    const table = await DeltaTable.open(bucket(commits, {}), location);
    expect([...(await table.snapshot(0)).files.keys()]).toEqual(['a', 'b']);
    const latest = await table.snapshot();
    expect(latest.version).toBe(2);
    expect([...latest.files.values()]).toEqual([
      { path: 'b', size: 10, records: 1 },
      { path: 'c d', size: 20, records: 5 },
      { path: 'e', size: 10, records: 1 },
    ]);
    await expect(table.snapshot(3)).rejects.toThrow('version 3 is not in the log: it holds 0 to 2');
    expect(versionAt(latest, 2_500)).toBe(1);
    expect(() => versionAt(latest, 500)).toThrow(/the log begins at 1970-01-01T00:00:01.000Z/);
  });
  test('that has a hole, or is none, is said to be so', async () => {
    const s3 = bucket(commits, {}, 5);
    const table = await DeltaTable.open(s3, location);
    await expect(table.snapshot()).rejects.toThrow(/has a hole/);
    await expect(DeltaTable.open(bucket([], { x: 1 }), location)).rejects.toThrow(/holds no Delta table/);
  });
  test('says which version VACUUM has left readable', async () => {
    const readable = async (files: Record<string, number>) => {
      const table = await DeltaTable.open(bucket(commits, files), location);
      return oldestReadable(await table.snapshot(), await table.stored());
    };
    expect(await readable({ a: 10, b: 10, 'c d': 20, e: 10 })).toBe(0);
    expect(await readable({ b: 10, 'c d': 20, e: 10 }), 'a is gone: version 0 needed it').toBe(1);
  });
  test('is held against the files: missing, of another size, named by no version', async () => {
    const verified = async (files: Record<string, number>) => verify(await DeltaTable.open(bucket(commits, files), location));
    expect(await verified({ b: 10, 'c d': 20, e: 10, a: 10 })).toEqual({ version: 2, files: 3, missing: [], differ: [], unreferenced: 0 });
    expect(await verified({ b: 9, 'c d': 20, orphan: 3 })).toEqual({ version: 2, files: 3, missing: ['e'], differ: ['b'], unreferenced: 1 });
  });
});

describe('SQL as of a version', () => {
  const sql = "SELECT * FROM gold.source_status s JOIN\n silver.source_checks USING (source) WHERE note = 'gold.x'";
  test('names its tables, and is given others in their place', () => {
    expect(tablesRead(sql).map(({ layer, name }) => `${layer}.${name}`)).toEqual(['gold.source_status', 'silver.source_checks']);
    expect(replaceTables(sql, (name) => `${name} FOR VERSION AS OF 3`)).toContain(
      'FROM gold.source_status FOR VERSION AS OF 3 s JOIN\n silver.source_checks FOR VERSION AS OF 3 USING',
    );
    expect(() => tablesRead('SELECT 1')).toThrow(/reads none/);
    expect(() => tablesRead('SELECT * FROM gold.nope')).toThrow(/no table is named "gold.nope"; known: /);
  });
});
