import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { gatherOverview, prometheus } from '../../lambdas/monitor/overview.js';
import { page } from '../../lambdas/monitor/page.js';
import { localName, sdkSettings } from '../identity.js';
import { homeAt } from '../paths.js';
import { Alarms } from './alarms.js';
import { Athena } from './athena.js';
import { CloudWatchMetrics } from './cloudwatch.js';
import { EmbeddedMetrics } from './embedded-metrics.js';
import { forever } from './forever.js';
import { GlueRuns } from './glue-runs.js';
import { MetricStore } from './metric-store.js';
import { QueueMetrics } from './queue-metrics.js';
import { frontDoor } from './server.js';

const EVALUATE_MS = 2_000;
const SAVE_MS = 60_000;

const variable = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the front door is started by ./sluice up`);
  return value;
};

const emulator = new URL(variable('FRONT_DOOR_EMULATOR_URL'));
const port = Number(variable('FRONT_DOOR_PORT'));
const client = sdkSettings(emulator.origin);
const home = homeAt(variable('FRONT_DOOR_HOME'));
const runs = new GlueRuns({
  home,
  glue: new GlueClient(client),
  s3: new S3Client({ ...client, forcePathStyle: true }),
  s3Endpoint: emulator.origin,
  awsEndpoint: `http://127.0.0.1:${port}`,
  driverMemory: process.env.SLUICE_DRIVER_MEMORY ?? '1400m',
});
const athena = new Athena(variable('FRONT_DOOR_TRINO_URL'));
const metricsFile = join(home.data, 'metrics.json');
const store = new MetricStore();
store.load(metricsFile);
const cloudwatch = new CloudWatchClient(client);
const [alarms, embedded, queues] = [new Alarms(store, cloudwatch), new EmbeddedMetrics(store, new CloudWatchLogsClient(client)), new QueueMetrics(store, new SQSClient(client))];
const overviewDeps = { dynamo: new DynamoDBClient(client), cloudwatch, stateTable: localName('state'), prefix: localName('') };
const overview = () => gatherOverview(overviewDeps);
const server = frontDoor(
  emulator,
  { AWSGlue: runs.operations, AmazonAthena: athena.operations, GraniteServiceVersion20100801: new CloudWatchMetrics(store).operations },
  {
    '/_sluice/': async () => ({ contentType: 'text/html; charset=utf-8', body: page(await overview(), Date.now()) }),
    '/metrics': async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: prometheus(await overview()) }),
  },
);
server.listen(port, '127.0.0.1', () => console.log(`front door on http://127.0.0.1:${port}, emulator ${emulator.origin}`));
// One after the other: what functions have logged is there when the alarms are looked at.
forever('metrics and alarms', EVALUATE_MS, async () => {
  await embedded.tick();
  await queues.tick();
  await alarms.tick();
});
const save = () => store.save(metricsFile);
setInterval(save, SAVE_MS).unref();
process.on('SIGTERM', () => {
  save();
  process.exit(0);
});
