import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConcurrentRunsExceededException, GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { pathAt } from '../monitor/delta-log.js';
import { MonitorState } from '../monitor/state.js';
import { required } from '../shared/environment.js';
import { commitsAfter, lastExport } from './gold-log.js';
import { type Published, publish } from './run.js';

const HOUR_MS = 3_600_000;
const TABLE = 'harmful_domains';
/** Half of the time after which a list says that it is no longer to be believed (glue-jobs/datasets/harmful_domains/lists/publishing.py). */
const REFRESH_MS = 12 * HOUR_MS;

const s3 = new S3Client({ forcePathStyle: process.env.S3_FORCE_PATH_STYLE === 'true' });
const state = new MonitorState(new DynamoDBClient({}), required('STATE_TABLE'));
const glue = new GlueClient({});

async function start(): Promise<boolean> {
  try {
    await glue.send(new StartJobRunCommand({ JobName: required('EXPORT_JOB') }));
    return true;
  } catch (cause) {
    if (cause instanceof ConcurrentRunsExceededException) return false;
    throw cause;
  }
}

/** Called by a schedule: exports the lists where they may have changed. */
export async function handler(): Promise<Published> {
  const generation = await state.generation(`gold.${TABLE}`);
  const published = await publish({
    now: Date.now(),
    refreshMs: REFRESH_MS,
    last: await lastExport(s3, required('LISTS_BUCKET')),
    generation,
    commitsAfter: (version) => commitsAfter(s3, required('LAKE_BUCKET'), pathAt(`gold/${TABLE}`, generation), version),
    start,
  });
  console.log(JSON.stringify(published));
  return published;
}
