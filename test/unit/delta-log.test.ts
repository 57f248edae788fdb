import { type GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { deltaLog } from '../../lambdas/monitor/delta-log.js';

/** Silver's log of a generation: what each commit's metadata says; null for one of maintenance. */
function logOf(commits: Readonly<Record<number, unknown>>) {
  const s3 = new S3Client({ region: 'us-east-1' });
  s3.send = async (command: unknown) => {
    const { Key = '' } = (command as GetObjectCommand).input;
    const version = Number(/^silver\/source_checks@2\/_delta_log\/(\d{20})\.json$/.exec(Key)?.[1]);
    if (!(version in commits)) throw new NoSuchKey({ message: Key, $metadata: {} });
    const userMetadata = commits[version] === null ? {} : { userMetadata: JSON.stringify(commits[version]) };
    return { Body: { transformToString: async () => `${JSON.stringify({ protocol: {} })}\n${JSON.stringify({ commitInfo: { timestamp: 1, ...userMetadata } })}\n` } };
  };
  return deltaLog(s3, 'lake', async () => 2);
}
const offsets = (of: Record<string, number>) => ({ offsets: Object.fromEntries(Object.entries(of).map(([partition, last]) => [`source_checks/${partition}`, last])) });

describe('how far Silver’s commits go', () => {
  const log = logOf({ 0: null, 1: offsets({ 0: 4, 1: 9 }), 2: offsets({ 0: 7 }), 3: null, 4: offsets({ 0: 12, 1: 20 }) });
  const upTo = (version: number, ...partitions: string[]) => log.offsetsAfter(sourceChecks, version, partitions);

  test('is the newest offset of each partition up to a version, behind maintenance', async () => {
    expect(await upTo(3, '0', '1')).toEqual({ 0: 8, 1: 10 });
    expect(await upTo(4, '0', '1')).toEqual({ 0: 13, 1: 21 });
  });
  test('is nowhere before the first', async () => {
    expect(await upTo(0, '0')).toEqual({});
    expect(await upTo(-1, '0')).toEqual({});
  });
  test('is not known where the log no longer goes back so far, or the search is too long', async () => {
    const young = logOf({ 5: offsets({ 0: 30 }), 6: offsets({ 1: 40 }) });
    expect(await young.offsetsAfter(sourceChecks, 6, ['1'])).toEqual({ 1: 41 });
    expect(await young.offsetsAfter(sourceChecks, 6, ['1', '2'])).toBeNull();
    const long = logOf(Object.fromEntries(Array.from({ length: 101 }, (_, version) => [version, null])));
    expect(await long.offsetsAfter(sourceChecks, 100, ['0'])).toBeNull();
  });
  test('the oldest record that waits stands in the first commit that tells of one', async () => {
    const told = logOf({ 3: null, 4: { oldest: '2026-11-26T11:00:00' } });
    expect(await told.oldestIn(sourceChecks, 3, 4)).toBe(Date.parse('2026-11-26T11:00:00Z'));
    expect(await told.oldestIn(sourceChecks, 3, 3)).toBeNull();
  });
});
