import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Config } from '../../lib/config.js';
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
  readonly local: { readonly home: Home; readonly state: Instance } | null;
}

const APP = 'sluice';

/** The running AWS on this machine. @throws CliError with the command that starts it */
export function runningLocal(): { home: Home; state: Instance } {
  const home = defaultHome();
  const state = readInstance(home);
  if (state === null || !findRunning(home, 'front-door')) throw new CliError('nothing is running here; start it with: ./sluice up', EXIT.degraded);
  return { home, state };
}

/** The lake of a home on this machine. */
export function localTarget(local: { readonly home: Home; readonly state: Instance }): Target {
  const { state } = local;
  return {
    stage: 'local',
    identity: LOCAL,
    athena: client(AthenaClient, state),
    lambda: client(LambdaClient, state),
    glue: client(GlueClient, state),
    dynamo: client(DynamoDBClient, state),
    cloudwatch: client(CloudWatchClient, state),
    sqs: client(SQSClient, state),
    scheduler: client(SchedulerClient, state),
    s3: new S3Client({ ...sdkSettings(frontDoorUrl(state)), forcePathStyle: true }),
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
