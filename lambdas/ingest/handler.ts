import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isFetched } from '../../contracts/index.js';
import { datasets, findCheckedSource, findDataset, findSource } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { readerOf } from '../../datasets/readers.js';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { DynamoPublished } from '../shared/dynamo-published.js';
import { kafkaConnection, required } from '../shared/environment.js';
import { kafkaProducer } from '../shared/kafka.js';
import { embeddedLines } from '../shared/metrics.js';
import { recordedFeeds } from '../shared/recorded-feeds.js';
import { isPastQuestion, keepBody, type PastAnswer, type PastQuestion, versionsBetween } from './backfill/past.js';
import { check as checkSource } from './check.js';
import { type IngestRequest, parseEvent } from './event.js';
import { httpFetch } from './http/fetch.js';
import { targetOf } from './http/request.js';
import { secretsBelow } from './http/secrets.js';
import { S3LandingStore } from './landing/s3-store.js';
import { checkMetrics } from './metrics.js';
import { isReplay, type ReplayEvent, type ReplayResult, replayRecords } from './replay.js';
import type { SourceCheck } from './source-check.js';
import { DynamoSourceState } from './state/dynamo-state.js';

const MINUTE_MS = 60_000;

const s3 = new S3Client({ forcePathStyle: process.env.S3_FORCE_PATH_STYLE === 'true' });
const dynamo = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});
const feedsUrl = recordedFeeds(process.env);
// Recorded feeds are on this machine; nothing else may be fetched from a private address.
const fetch = httpFetch({ allowPrivate: feedsUrl !== undefined });

/** Invoked by a schedule, or by hand, with an event of a source (event.ts); or with records to send again; or asked for the past of a source. */
export async function handler(event: IngestRequest | ReplayEvent | PastQuestion): Promise<SourceCheck | ReplayResult | PastAnswer> {
  if (isPastQuestion(event)) return past(event);
  if (!isReplay(event)) return check(event);
  const producer = kafkaProducer(kafkaConnection());
  try {
    return await replayRecords(event, findDataset(event.dataset), producer);
  } finally {
    await producer.close();
  }
}

async function past(question: PastQuestion): Promise<PastAnswer> {
  const { source } = findSource(question.source, datasets);
  const deps = { fetch, landing: new S3LandingStore(s3, required('LANDING_BUCKET')), temporaryFolder: tmpdir(), ...(feedsUrl ? { feedsUrl } : {}) };
  return question.past === 'versions' ? { versions: await versionsBetween(source, question.from, question.to, deps) } : keepBody(source, question.version, deps);
}

async function check(request: IngestRequest): Promise<SourceCheck> {
  const event = parseEvent(request);
  const { dataset, source } = findCheckedSource(event.source, datasets);
  const producer = kafkaProducer(kafkaConnection());
  const state = new DynamoSourceState(dynamo, required('STATE_TABLE'));
  try {
    const checked = await checkSource(event, {
      dataset,
      source,
      reader: readerOf(dataset.name),
      checks: sourceChecks,
      operations,
      target: () => {
        if (!isFetched(source)) throw new Error(`${source.name} is not fetched`);
        return targetOf(source, { ...(feedsUrl ? { feedsUrl } : {}), secret: secretsBelow(secrets, required('SOURCE_SECRETS')) });
      },
      clock: () => new Date(),
      newId: randomUUID,
      state,
      published: new DynamoPublished(dynamo, required('STATE_TABLE')),
      landing: new S3LandingStore(s3, required('LANDING_BUCKET')),
      fetch,
      producer,
      temporaryFolder: tmpdir(),
      personalSecret: () => required('PERSONAL_SECRET'),
    });
    if (!event.dryRun && event.event !== 'backfill') {
      const before = () => Number(state.outcomeBefore === 'refused');
      // Told of the minute behind: in that of the refusal its alarm, which takes the maximum, would not see it.
      const cleared = before() > 0 && checked.outcome !== 'refused' ? MINUTE_MS : 0;
      for (const line of embeddedLines(required('METRICS_NAMESPACE'), checkMetrics(checked), Date.parse(checked.finished_at) + cleared, before)) console.log(line);
    }
    return checked;
  } finally {
    await producer.close();
  }
}
