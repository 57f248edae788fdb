import { type GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { replaceTables, tablesRead } from '../../bin/lake/as-of.js';
import { BrokenLog, DeltaTable } from '../../bin/lake/delta.js';
import { oldestReadable, verify, versionAt } from '../../bin/lake/delta-versions.js';
import { logOf } from '../../bin/lake/pinned-log.js';

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
      { path: 'b', size: 10, records: 1, deleted: null },
      { path: 'c d', size: 20, records: 5, deleted: null },
      { path: 'e', size: 10, records: 1, deleted: null },
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

describe('a table with deleted rows', () => {
  // As Delta 3.3 writes them.
  const [first, second] = [
    { storageType: 'u', pathOrInlineDv: '4IV2/cELPYLh8{$dR{U>', offset: 1, sizeInBytes: 34, cardinality: 1 },
    { storageType: 'u', pathOrInlineDv: 'xeKK[bjm-AMuH]MpU^zf', offset: 1, sizeInBytes: 36, cardinality: 2 },
  ];
  const marked = (path: string, deletionVector: object, numRecords: number): Action => ({ add: { path, size: 10, deletionVector, stats: JSON.stringify({ numRecords }) } });
  const taken = (path: string, deletionVector?: object): Action => ({ remove: { path, ...(deletionVector ? { deletionVector } : {}) } });
  // Delta writes what it adds before what it takes out.
  const commits = [[add('a', 10, 9)], [marked('a', first, 9), taken('a'), add('b')], [marked('a', second, 9), taken('a', first)]];
  const [firstFile, secondFile] = ['deletion_vector_0e14ad20-26d2-4cf6-92dc-a6922a6c2c87.bin', 'deletion_vector_67356d98-22ee-4127-9676-d89f4fdd27ba.bin'];
  test('has the rows that are not deleted, by whatever order its commits say it in', async () => {
    const table = await DeltaTable.open(bucket(commits, {}), location);
    const records = async (version: number) => Object.fromEntries([...(await table.snapshot(version)).files.values()].map(({ path, records }) => [path, records]));
    expect([await records(0), await records(1), await records(2)]).toEqual([{ a: 9 }, { a: 8, b: 1 }, { a: 7, b: 1 }]);
  });
  test('is whole with the files that say which rows, and readable as far back as they are there', async () => {
    const look = async (files: Record<string, number>) => {
      const table = await DeltaTable.open(bucket(commits, files), location);
      return { ...(await verify(table)), oldest: oldestReadable(await table.snapshot(), await table.stored()) };
    };
    const whole = { a: 10, b: 10, [firstFile]: 43, [secondFile]: 45 };
    expect(await look(whole)).toEqual({ version: 2, files: 2, missing: [], differ: [], unreferenced: 0, oldest: 0 });
    expect(await look({ a: 10, b: 10, [secondFile]: 45 }), 'VACUUM took what version 1 needs').toMatchObject({ missing: [], oldest: 2 });
    expect(await look({ a: 10, b: 10, [firstFile]: 43 })).toMatchObject({ missing: [secondFile], unreferenced: 0 });
  });
});

describe('a version of a table with deleted rows, pinned', () => {
  test('is a log of one commit that names the files where they are and the deleted rows beside itself', () => {
    const log = { storageType: 'u', pathOrInlineDv: 'folderxeKK[bjm-AMuH]MpU^zf', offset: 1, sizeInBytes: 36, cardinality: 2n };
    const files = [
      { path: 'a b', size: 9, records: 3, deleted: null },
      { path: 'c', size: 8, records: 1, deleted: { rows: 2, path: 'folder/x.bin', log } },
    ];
    const lines = logOf({ location, files, metadata: { schemaString: '{}', partitionColumns: [] } })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['protocol', 'metaData', 'add', 'add']);
    expect(lines.slice(2).map(({ add }) => [add.path, add.deletionVector?.pathOrInlineDv, add.deletionVector?.cardinality])).toEqual([
      ['s3://b/gold/t/a%20b', undefined, undefined],
      ['s3://b/gold/t/c', 'xeKK[bjm-AMuH]MpU^zf', 2],
    ]);
    expect(() => logOf({ location, files, metadata: null })).toThrow(BrokenLog);
    expect(() => logOf({ location, files, metadata: { schemaString: '{}', partitionColumns: ['d'] } })).toThrow(/has partitions and deleted rows/);
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
