import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Commit, LastExport } from './start-export.js';

/** More commits than these are not read one by one: something has changed. */
const MOST_COMMITS = 200;

const change = z.object({ dataChange: z.boolean().optional() }).optional();
const actionSchema = z.object({ add: change, remove: change, commitInfo: z.object({ userMetadata: z.string().optional() }).optional() });

/** A commit file of Delta's log (https://github.com/delta-io/delta/blob/master/PROTOCOL.md): an action a line. */
export function parseCommit(text: string): Commit {
  const actions = text
    .split('\n')
    .filter(Boolean)
    .map((line) => actionSchema.parse(JSON.parse(line)));
  const told = actions.map(({ commitInfo }) => commitInfo?.userMetadata).find((each) => each !== undefined);
  const records = told === undefined ? undefined : (JSON.parse(told) as { records?: unknown }).records;
  return {
    changesData: actions.some(({ add, remove }) => add?.dataChange === true || remove?.dataChange === true),
    records: typeof records === 'number' ? records : null,
  };
}

const textOf = async (s3: S3Client, Bucket: string, Key: string): Promise<string | null> => {
  try {
    return (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? '';
  } catch (cause) {
    if (cause instanceof NoSuchKey) return null;
    throw cause;
  }
};

/** Commits of the table at `path` after a version; null where the log's own cleanup has taken some, or they are very many. */
export async function commitsAfter(s3: S3Client, bucket: string, path: string, version: number): Promise<Commit[] | null> {
  const log = `${path}/_delta_log/`;
  const nameOf = (each: number) => `${log}${String(each).padStart(20, '0')}`;
  // "~" is behind every ending of the version's own files.
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: log, StartAfter: `${nameOf(version)}~` }));
  const keys = Contents.flatMap(({ Key = '' }) => (/\/\d{20}\.json$/.test(Key) ? [Key] : []));
  if (IsTruncated === true || keys.length > MOST_COMMITS || keys.some((key, i) => key !== `${nameOf(version + 1 + i)}.json`)) return null;
  const texts = await Promise.all(keys.map((key) => textOf(s3, bucket, key)));
  return texts.includes(null) ? null : texts.map((text) => parseCommit(text ?? ''));
}

const manifestSchema = z.object({ as_of: z.string(), delta_version: z.number(), generation: z.number().nullish(), changes_at: z.string().nullish() });

/** What the last export's manifest says; null where there is none. */
export async function lastExport(s3: S3Client, bucket: string): Promise<LastExport | null> {
  const text = await textOf(s3, bucket, 'lists/latest/manifest.json');
  if (text === null) return null;
  const { as_of, delta_version, generation, changes_at } = manifestSchema.parse(JSON.parse(text));
  return { deltaVersion: delta_version, generation: generation ?? null, asOf: Date.parse(as_of), changesAt: changes_at ? Date.parse(changes_at) : null };
}
