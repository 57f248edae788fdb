import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { Table } from '../../contracts/index.js';

/** What the end of a table's log says. */
export interface TableLog {
  readonly table: Pick<Table, 'layer' | 'name'>;
  /** Live data files; null where the log does not say. */
  readonly files: number | null;
  readonly bytes: number | null;
  /** When it was last written to, epoch milliseconds. */
  readonly committedAt: number;
}

async function json(s3: S3Client, Bucket: string, Key: string): Promise<Record<string, unknown> | null> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '{}') as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof NoSuchKey) return null;
    throw cause;
  }
}

const count = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/**
 * Files, size and last commit of a table, from the log's end alone: what Delta sums up beside each commit (`N.crc`), found
 * behind the last checkpoint. Null where there is no table yet.
 */
export async function tableLog(table: Pick<Table, 'layer' | 'name'>, path: string, bucket: string, s3: S3Client): Promise<TableLog | null> {
  const log = `${path}/_delta_log/`;
  const checkpoint = count((await json(s3, bucket, `${log}_last_checkpoint`))?.version);
  const StartAfter = checkpoint === null ? undefined : `${log}${String(checkpoint).padStart(20, '0')}`;
  let [newest, sums]: [Date | undefined, string | undefined] = [undefined, undefined];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: log, ...(StartAfter ? { StartAfter } : {}), ...(ContinuationToken ? { ContinuationToken } : {}) }),
    );
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      if (/\/\d{20}\.json$/.test(Key)) newest = LastModified;
      if (/\/\d{20}\.crc$/.test(Key)) sums = Key;
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  if (newest === undefined) return null;
  const summed = sums === undefined ? null : await json(s3, bucket, sums);
  return { table, files: count(summed?.numFiles), bytes: count(summed?.tableSizeBytes), committedAt: newest.getTime() };
}
