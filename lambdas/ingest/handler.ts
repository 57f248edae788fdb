import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { datasets, findDataset, findSource } from '../../contracts/index.js';
import { kafkaConnection, required } from '../shared/environment.js';
import { kafkaProducer } from '../shared/kafka.js';
import { DynamoSourceState } from './dynamo-state.js';
import { httpFetch } from './fetch.js';
import { type IngestEvent, run, type SourceCheck } from './run.js';
import { S3LandingStore } from './s3-store.js';

const s3 = new S3Client({ forcePathStyle: process.env.S3_FORCE_PATH_STYLE === 'true' });
const dynamo = new DynamoDBClient({});
// Recorded feeds are on this machine; nothing else may be fetched from a private address.
const fetch = httpFetch({ allowPrivate: process.env.SLUICE_FEEDS_URL !== undefined });

/** Invoked by a schedule, or by hand, with `{"source": NAME}`. */
export async function handler(event: IngestEvent): Promise<SourceCheck> {
  const { dataset, source } = findSource(event.source, datasets);
  const feeds = process.env.SLUICE_FEEDS_URL;
  const producer = kafkaProducer(kafkaConnection());
  try {
    return await run(event, {
      dataset,
      source,
      checks: findDataset('source_checks'),
      url: feeds ? `${feeds}/${source.name}` : source.url,
      clock: () => new Date(),
      newId: randomUUID,
      state: new DynamoSourceState(dynamo, required('STATE_TABLE')),
      landing: new S3LandingStore(s3, required('LANDING_BUCKET')),
      fetch,
      producer,
      temporaryFolder: tmpdir(),
      personalSecret: () => required('PERSONAL_SECRET'),
    });
  } finally {
    await producer.close();
  }
}
