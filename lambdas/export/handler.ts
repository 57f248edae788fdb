import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConcurrentRunsExceededException, GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { exportingDataset } from '../../contracts/index.js';
import { datasets } from '../../datasets/index.js';
import { pathAt } from '../monitor/delta-log.js';
import { MonitorState } from '../monitor/state.js';
import { required } from '../shared/environment.js';
import { commitsAfter, lastExport } from './gold-log.js';
import { type ExportLook, startExport } from './start-export.js';

const HOUR_MS = 3_600_000;
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

/** Called by a schedule: exports where what is exported may have changed. */
export async function handler(): Promise<ExportLook> {
  const exporting = exportingDataset(datasets);
  if (exporting === null) throw new Error('no dataset declares exports, and a stage was deployed that looks for them: deploy again');
  const { table, refreshHours } = exporting.exports;
  const generation = await state.generation(`gold.${table}`);
  const look = await startExport({
    now: Date.now(),
    refreshMs: refreshHours * HOUR_MS,
    last: await lastExport(s3, required('LISTS_BUCKET')),
    generation,
    commitsAfter: (version) => commitsAfter(s3, required('LAKE_BUCKET'), pathAt(`gold/${table}`, generation), version),
    start,
  });
  console.log(JSON.stringify(look));
  return look;
}
