import { AthenaClient } from '@aws-sdk/client-athena';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Config } from '../lib/config.js';
import { defaultHome, type Home } from '../localstack/paths.js';
import { findRunning } from '../localstack/process.js';
import { client, readState, type StackState } from '../localstack/stack.js';
import { CliError, EXIT } from './output.js';

/** The lake that a command works on: a deployed stage, or the one on this machine. */
export interface Target {
  readonly stage: Config['stage'];
  readonly identity: Pick<Config, 'app' | 'stage'>;
  readonly athena: AthenaClient;
  readonly lambda: LambdaClient;
  /** Null on a deployed stage. */
  readonly local: { readonly home: Home; readonly state: StackState } | null;
}

const APP = 'sluice';

/** The running AWS on this machine. @throws CliError with the command that starts it */
export function runningLocal(): { home: Home; state: StackState } {
  const home = defaultHome();
  const state = readState(home);
  if (state === null || !findRunning(home, 'door')) throw new CliError('nothing is running here; start it with: ./sluice up', EXIT.degraded);
  return { home, state };
}

/** @throws CliError where the stage is unknown, or nothing runs here */
export function target(stage: string): Target {
  if (stage === 'local') {
    const local = runningLocal();
    return { stage, identity: { app: APP, stage }, athena: client(AthenaClient, local.state), lambda: client(LambdaClient, local.state), local };
  }
  if (stage !== 'dev' && stage !== 'prod') throw new CliError(`unknown stage "${stage}": use local, dev or prod`, EXIT.misuse);
  const region = process.env.SLUICE_REGION ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const settings = region === undefined ? {} : { region };
  return { stage, identity: { app: APP, stage }, athena: new AthenaClient(settings), lambda: new LambdaClient(settings), local: null };
}
