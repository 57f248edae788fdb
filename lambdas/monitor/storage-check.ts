import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Finding, Looked } from './check.js';

export interface StorageDeps {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly dynamo: DynamoDBClient;
  readonly table: string;
  readonly runId: string;
}

const KEY = 'monitor/probe';

/** An object and an item, written and read back. */
export async function lookAtStorage({ s3, bucket, dynamo, table, runId }: StorageDeps): Promise<Looked> {
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
  const findings = await Promise.all([s3Finding, dynamoFinding]);
  const bad = findings.filter(({ state }) => state === 'failed');
  return { summary: bad.length === 0 ? 'what is written is read back' : bad.map(({ subject }) => subject).join(', '), findings, metrics: [] };
}

async function looked(subject: string, same: () => Promise<boolean>): Promise<Finding> {
  try {
    if (await same()) return { subject, state: 'ok', message: 'what is written is read back' };
    return { subject, state: 'failed', message: 'what was read back is not what was written' };
  } catch (cause) {
    return { subject, state: 'failed', message: `cannot be written or read: ${(cause as Error).message}` };
  }
}
