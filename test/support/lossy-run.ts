import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { findDataset, findSource } from '../../datasets/index.js';
import { readerOf } from '../../datasets/readers.js';
import { check } from '../../lambdas/ingest/check.js';
import { parseEvent } from '../../lambdas/ingest/event.js';
import { httpFetch } from '../../lambdas/ingest/http/fetch.js';
import { S3LandingStore } from '../../lambdas/ingest/landing/s3-store.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import { DynamoSourceState } from '../../lambdas/ingest/state/dynamo-state.js';
import { DynamoPublished } from '../../lambdas/shared/dynamo-published.js';
import { kafkaProducer } from '../../lambdas/shared/kafka.js';
import type { Producer } from '../../lambdas/shared/producer.js';
import { localBucket, localName } from '../../localstack/identity.js';
import type { Lake } from './lake.js';

/**
 * A check of a source on a real lake, some time ago, whose records the broker acknowledges and then loses with its last replica:
 * all else of the run, its own records among it, is there.
 */
export async function lossyRun(lake: Lake, name: string, minutesAgo: number): Promise<SourceCheck> {
  const { dataset, source } = findSource(name);
  const { ports } = lake.state;
  const broker = kafkaProducer({ bootstrapServers: `127.0.0.1:${ports.kafka}`, auth: 'none', region: 'us-east-1' });
  const producer: Producer = { send: async (topic, records) => (topic === dataset.name ? undefined : broker.send(topic, records)), close: () => broker.close() };
  try {
    return await check(parseEvent({ event: 'check', source: name }), {
      dataset,
      source,
      reader: readerOf(dataset.name),
      checks: findDataset('source_checks'),
      operations: findDataset('operations'),
      target: async () => ({ url: `http://127.0.0.1:${ports.feeds}/${name}`, headers: {}, secrets: [], minIntervalMs: 0 }),
      clock: () => new Date(Date.now() - minutesAgo * 60_000),
      newId: randomUUID,
      state: new DynamoSourceState(lake.target.dynamo, localName('state')),
      published: new DynamoPublished(lake.target.dynamo, localName('state')),
      landing: new S3LandingStore(lake.target.s3, localBucket('landing')),
      fetch: httpFetch({ allowPrivate: true }),
      producer,
      temporaryFolder: tmpdir(),
      personalSecret: () => 'none',
    });
  } finally {
    await broker.close();
  }
}
