import { CopyObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Pinned } from './as-of.js';
import { LETTERS } from './deletion-vectors.js';
import { BrokenLog } from './delta.js';

const FEATURES = ['deletionVectors'];

/** A log of one commit, of a table elsewhere that has the files of a version, by their whole URLs, and its deleted rows. */
export function logOf({ location, files, metadata }: Pick<Pinned, 'location' | 'files' | 'metadata'>): string {
  if (metadata === null) throw new BrokenLog(`the log of s3://${location.bucket}/${location.path}/ does not say its columns`);
  const { schemaString, partitionColumns } = metadata;
  if (partitionColumns.length > 0) throw new BrokenLog(`s3://${location.bucket}/${location.path}/ has partitions and deleted rows, which no table here is made with`);
  const actions = [
    { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: FEATURES, writerFeatures: FEATURES } },
    { metaData: { id: 'as-of', format: { provider: 'parquet', options: {} }, schemaString, partitionColumns, configuration: {}, createdTime: 0 } },
    ...files.map(({ path, size, deleted }) => ({
      add: {
        path: `s3://${location.bucket}/${location.path}/${path.split('/').map(encodeURIComponent).join('/')}`,
        partitionValues: {},
        size,
        modificationTime: 0,
        dataChange: true,
        // Below this table's own path, whatever the folder was.
        ...(deleted ? { deletionVector: { ...deleted.log, pathOrInlineDv: deleted.log.pathOrInlineDv.slice(deleted.log.storageType === 'u' ? -LETTERS : 0) } } : {}),
      },
    })),
  ];
  return actions.map((action) => `${JSON.stringify(action, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}\n`).join('');
}

/** Writes that log below `folder`, and beside it what says which rows are deleted: engines look for that below a table's own path. */
export async function writeLog(pinned: Pinned, s3: S3Client, bucket: string, folder: string): Promise<void> {
  const { location, files } = pinned;
  for (const path of new Set(files.flatMap(({ deleted }) => (deleted?.path ? [deleted.path] : []))))
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: `${folder}${path.split('/').at(-1)}`, CopySource: encodeURI(`${location.bucket}/${location.path}/${path}`) }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}_delta_log/${'0'.repeat(20)}.json`, Body: logOf(pinned) }));
}
