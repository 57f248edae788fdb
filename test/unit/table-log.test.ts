import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { lookAtStorage } from '../../lambdas/monitor/storage-health.js';
import { tableLog } from '../../lambdas/monitor/table-log.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const version = (n: number, end: string) => `gold/t/_delta_log/${String(n).padStart(20, '0')}.${end}`;

/** A bucket in memory, which remembers what was listed and read. */
function bucket(objects: Record<string, string>) {
  const asked: string[] = [];
  const s3 = new S3Client({ region: 'us-east-1' });
  s3.send = async (command: unknown) => {
    if (command instanceof PutObjectCommand) {
      objects[String(command.input.Key)] = String(command.input.Body);
      return {};
    }
    if (command instanceof ListObjectsV2Command) {
      const { Prefix = '', StartAfter = '' } = command.input;
      asked.push(`list ${StartAfter}`);
      const keys = Object.keys(objects).filter((key) => key.startsWith(Prefix) && key > StartAfter);
      return { Contents: keys.sort().map((Key) => ({ Key, LastModified: new Date(NOW - 600_000) })) };
    }
    const { Key = '' } = (command as GetObjectCommand).input;
    asked.push(`get ${Key}`);
    const text = objects[Key];
    if (text === undefined) throw new NoSuchKey({ message: Key, $metadata: {} });
    return { Body: { transformToString: async () => text } };
  };
  return { s3, asked };
}

const TABLE = { layer: 'gold', name: 't' } as const;

describe('what the end of a log says', () => {
  test('files and bytes come from the newest sums, the last commit from the newest version', async () => {
    const { s3 } = bucket({
      [version(0, 'json')]: '',
      [version(0, 'crc')]: '{"numFiles": 1, "tableSizeBytes": 10}',
      [version(1, 'crc')]: '{"numFiles": 3, "tableSizeBytes": 30}',
      [version(2, 'json')]: '',
    });
    expect(await tableLog(TABLE, 'gold/t', 'lake', s3)).toEqual({ table: TABLE, files: 3, bytes: 30, committedAt: NOW - 600_000 });
  });

  test('a long log is listed from its last checkpoint on', async () => {
    const { s3, asked } = bucket({ 'gold/t/_delta_log/_last_checkpoint': '{"version": 20}', [version(20, 'json')]: '', [version(21, 'json')]: '' });
    expect(await tableLog(TABLE, 'gold/t', 'lake', s3)).toMatchObject({ files: null, bytes: null });
    expect(asked).toContain(`list ${version(20, '').slice(0, -1)}`);
  });

  test('there is nothing to say of a table that is not there', async () => {
    expect(await tableLog(TABLE, 'gold/t', 'lake', bucket({ 'gold/t@1/_delta_log/x.json': '' }).s3)).toBeNull();
  });
});

describe('the check of storage', () => {
  const dynamo = () => {
    let item: unknown;
    const client = new DynamoDBClient({ region: 'us-east-1' });
    client.send = async ({ input }: { input: { Item?: unknown } }) => {
      if (input.Item !== undefined) item = input.Item;
      return { Item: item };
    };
    return client;
  };
  const look = (tables: Parameters<typeof lookAtStorage>[0]['tables']) =>
    lookAtStorage({ s3: bucket({}).s3, bucket: 'b', dynamo: dynamo(), table: 't', runId: 'run-1', tables, now: NOW });

  test('measures each table', async () => {
    const looked = await look(async () => [{ table: TABLE, files: 3, bytes: 30, committedAt: NOW - 600_000 }]);
    expect(looked.findings.map(({ subject, state, message }) => [subject, state, message])).toEqual([
      ['S3', 'ok', 'what is written is read back'],
      ['state table', 'ok', 'what is written is read back'],
      ['tables', 'ok', '1, of 3 files; the newest commit is 10 min old'],
    ]);
    expect(looked.metrics.map(({ name, value, dimensions }) => [name, value, dimensions])).toEqual(
      [
        ['TableFiles', 3],
        ['TableBytes', 30],
        ['CommitAgeMinutes', 10],
      ].map((each) => [...each, { Dataset: 't', Layer: 'gold' }]),
    );
  });

  test('says where logs cannot be read', async () => {
    const looked = await look(() => Promise.reject(new Error('SlowDown')));
    expect(looked).toMatchObject({ summary: 'tables', metrics: [] });
    expect(looked.findings[2]).toEqual({ subject: 'tables', state: 'failed', message: 'their logs cannot be read: SlowDown' });
  });
});
