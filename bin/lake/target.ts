import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Config, physicalName } from '../../lib/config.js';
import { LOCAL, sdkSettings } from '../../localstack/identity.js';
import { defaultHome, type Home } from '../../localstack/paths.js';
import { findRunning } from '../../localstack/process.js';
import { client, frontDoorUrl, type Instance, readInstance } from '../../localstack/stack/instance.js';
import { CliError, EXIT } from '../output.js';

/** The lake that a command works on: a deployed stage, or the one on this machine. */
export interface Target {
  readonly stage: Config['stage'];
  readonly identity: Pick<Config, 'app' | 'stage'>;
  readonly athena: AthenaClient;
  readonly lambda: LambdaClient;
  readonly glue: GlueClient;
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly cloudwatch: CloudWatchClient;
  readonly sqs: SQSClient;
  readonly scheduler: SchedulerClient;
  /** Null on a deployed stage. */
  readonly local: { readonly home: Home; readonly instance: Instance } | null;
}

const APP = 'sluice';

/** The running AWS on this machine. @throws CliError with the command that starts it */
export function runningLocal(): { home: Home; instance: Instance } {
  const home = defaultHome();
  const instance = readInstance(home);
  if (instance === null || !findRunning(home, 'front-door')) throw new CliError('nothing is running here; start it with: ./sluice up', EXIT.degraded);
  return { home, instance };
}

/** The lake of a home on this machine. */
export function localTarget(local: { readonly home: Home; readonly instance: Instance }): Target {
  const { instance } = local;
  return {
    stage: 'local',
    identity: LOCAL,
    athena: client(AthenaClient, instance),
    lambda: client(LambdaClient, instance),
    glue: client(GlueClient, instance),
    dynamo: client(DynamoDBClient, instance),
    cloudwatch: client(CloudWatchClient, instance),
    sqs: client(SQSClient, instance),
    scheduler: client(SchedulerClient, instance),
    s3: new S3Client({ ...sdkSettings(frontDoorUrl(instance)), forcePathStyle: true }),
    local,
  };
}

/** @throws CliError where the stage is unknown, or nothing runs here */
export function target(stage: string): Target {
  if (stage === 'local') {
    const local = runningLocal();
    return localTarget(local);
  }
  if (stage !== 'dev' && stage !== 'prod') throw new CliError(`unknown stage "${stage}": use local, dev or prod`, EXIT.misuse);
  const region = process.env.SLUICE_REGION ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const settings = region === undefined ? {} : { region };
  return {
    stage,
    identity: { app: APP, stage },
    athena: new AthenaClient(settings),
    lambda: new LambdaClient(settings),
    glue: new GlueClient(settings),
    dynamo: new DynamoDBClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    sqs: new SQSClient(settings),
    scheduler: new SchedulerClient(settings),
    s3: new S3Client(settings),
    local: null,
  };
}

/** The table that remembers between runs: of sources, jobs, leases. */
export const stateTable = ({ identity }: Pick<Target, 'identity'>): string => physicalName(identity, 'state');
