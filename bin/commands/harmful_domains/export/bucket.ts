import { createHash } from 'node:crypto';
import { GetJobCommand } from '@aws-sdk/client-glue';
import { GetObjectCommand, type GetObjectCommandOutput, S3ServiceException } from '@aws-sdk/client-s3';
import { physicalName } from '../../../../lib/config.js';
import { runJob } from '../../../lake/jobs.js';
import type { Target } from '../../../lake/target.js';
import { CliError, EXIT } from '../../../output.js';
import { type Manifest, manifestSchema } from './manifest.js';

const EXPORT_TIMEOUT_MS = 3_600_000;

/** The bucket that lists are published in. @throws CliError where the stage has no export job */
export async function exportBucket(lake: Target): Promise<string> {
  const JobName = physicalName(lake.identity, 'export');
  const { Job } = await lake.glue.send(new GetJobCommand({ JobName })).catch((error: Error) => {
    throw new CliError(`the stage has no job ${JobName}: ${error.message}; deploy it first`, EXIT.degraded);
  });
  const bucket = Job?.DefaultArguments?.['--lists-bucket'];
  if (bucket === undefined) throw new CliError(`job ${JobName} names no bucket of lists: deploy the stage anew`);
  return bucket;
}

/** Runs the export job and waits for its end. @throws CliError with the job's own words where it failed */
export async function runExport(lake: Target, licences: readonly string[] | null): Promise<void> {
  await runJob(lake, 'export', licences === null ? {} : { '--licences': licences.join(',') }, EXPORT_TIMEOUT_MS);
}

/** Where lists are published: those of some licences apart, as glue-jobs/datasets/harmful_domains/lists/job.py names them. */
export function exportRoot(licences: readonly string[] | null): string {
  if (licences === null) return 'lists';
  const slug = licences.map((licence) =>
    licence
      .toLowerCase()
      .replaceAll(/[^a-z0-9.-]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  );
  return `lists/licences/${slug.sort().join('+')}`;
}

/** An object of the bucket; null where there is none, or where it is still the one that `etag` names. */
export async function getObject(lake: Target, Bucket: string, Key: string, etag?: string): Promise<GetObjectCommandOutput | 'notModified' | null> {
  try {
    return await lake.s3.send(new GetObjectCommand({ Bucket, Key, ...(etag === undefined ? {} : { IfNoneMatch: etag }) }));
  } catch (cause) {
    if (!(cause instanceof S3ServiceException)) throw cause;
    if (cause.$metadata.httpStatusCode === 304) return 'notModified';
    if (cause.$metadata.httpStatusCode === 404) return null;
    throw cause;
  }
}

/** @throws CliError where nothing was exported yet */
export async function readManifest(lake: Target, bucket: string, root: string): Promise<Manifest> {
  const found = await getObject(lake, bucket, `${root}/latest/manifest.json`);
  if (found === null || found === 'notModified') throw new CliError('nothing was exported yet: ./sluice export');
  return manifestSchema.parse(JSON.parse((await found.Body?.transformToString()) ?? ''));
}

/** A list's bytes, checked against the manifest. @throws CliError where they are others */
export async function readExported(lake: Target, bucket: string, file: Manifest['tiers'][string]['files'][string]): Promise<Uint8Array> {
  const found = await getObject(lake, bucket, file.path);
  const bytes = found === null || found === 'notModified' ? undefined : await found.Body?.transformToByteArray();
  if (bytes === undefined) throw new CliError(`${file.path} is in the manifest and not in the bucket: ./sluice export`);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw new CliError(`${file.path} is not what the manifest says (sha256): ./sluice export`);
  return bytes;
}
