import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MONITOR } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import { type Finding, inWords, type Looked } from './health.js';
import type { TableLog } from './table-log.js';

export interface StorageDeps {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly dynamo: DynamoDBClient;
  readonly table: string;
  readonly runId: string;
  readonly tables: () => Promise<readonly TableLog[]>;
  readonly now: number;
}

const KEY = 'monitor/probe';

/** An object and an item, written and read back; the tables' logs, read. */
export async function lookAtStorage({ s3, bucket, dynamo, table, runId, tables, now }: StorageDeps): Promise<Looked> {
  const s3Finding = looked('S3', async () => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: runId }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }));
    return (await Body?.transformToString()) === runId;
  });
  const dynamoFinding = looked('state table', async () => {
    const key = { pk: { S: 'monitor#probe' } };
    await dynamo.send(new PutItemCommand({ TableName: table, Item: { ...key, run: { S: runId } } }));
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item?.run?.S === runId;
  });
  const [logs, ...probes] = await Promise.all([tables().catch((cause: Error) => cause), s3Finding, dynamoFinding]);
  const findings = [...probes, tablesFinding(logs, now)];
  const bad = findings.filter(({ state }) => state === 'failed');
  return {
    summary: bad.length === 0 ? 'what is written is read back' : bad.map(({ subject }) => subject).join(', '),
    findings,
    metrics: logs instanceof Error ? [] : logs.flatMap((log) => tableMetrics(log, now)),
  };
}

function tablesFinding(logs: readonly TableLog[] | Error, now: number): Finding {
  const subject = 'tables';
  if (logs instanceof Error) return { subject, state: 'failed', message: `their logs cannot be read: ${logs.message}` };
  const files = logs.reduce((sum, log) => sum + (log.files ?? 0), 0);
  const newest = Math.max(...logs.map(({ committedAt }) => committedAt));
  return { subject, state: 'ok', message: logs.length === 0 ? 'none yet' : `${logs.length}, of ${files} files; the newest commit is ${inWords((now - newest) / 60_000)} old` };
}

function tableMetrics({ table, files, bytes, committedAt }: TableLog, now: number) {
  const dimensions = { Dataset: table.name, Layer: table.layer };
  return [
    ...(files === null ? [] : [metric(MONITOR.tableFiles, files, dimensions)]),
    ...(bytes === null ? [] : [metric(MONITOR.tableBytes, bytes, dimensions)]),
    metric(MONITOR.commitAgeMinutes, Math.max(0, now - committedAt) / 60_000, dimensions),
  ];
}

async function looked(subject: string, same: () => Promise<boolean>): Promise<Finding> {
  try {
    if (await same()) return { subject, state: 'ok', message: 'what is written is read back' };
    return { subject, state: 'failed', message: 'what was read back is not what was written' };
  } catch (cause) {
    return { subject, state: 'failed', message: `cannot be written or read: ${(cause as Error).message}` };
  }
}
