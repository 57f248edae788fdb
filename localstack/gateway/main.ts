import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { sdkSettings } from '../identity.js';
import { homeAt } from '../paths.js';
import { Athena } from './athena.js';
import { GlueRuns } from './glue-runs.js';
import { frontDoor } from './server.js';

const variable = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the front door is started by ./sluice up`);
  return value;
};

const emulator = new URL(variable('DOOR_EMULATOR_URL'));
const port = Number(variable('DOOR_PORT'));
const client = sdkSettings(emulator.origin);
const runs = new GlueRuns({
  home: homeAt(variable('DOOR_HOME')),
  glue: new GlueClient(client),
  s3: new S3Client({ ...client, forcePathStyle: true }),
  s3Endpoint: emulator.origin,
  awsEndpoint: `http://127.0.0.1:${port}`,
  driverMemory: process.env.SLUICE_DRIVER_MEMORY ?? '1400m',
});
const athena = new Athena(variable('DOOR_TRINO_URL'));
// Alarms and Kafka event sources have their place here, as further services.
const server = frontDoor(emulator, { AWSGlue: runs.operations, AmazonAthena: athena.operations });
server.listen(port, '127.0.0.1', () => console.log(`front door on http://127.0.0.1:${port}, emulator ${emulator.origin}`));
process.on('SIGTERM', () => process.exit(0));
