import { InvokeCommand } from '@aws-sdk/client-lambda';
import { physicalName } from '../../lib/config.js';
import { CliError } from '../output.js';
import type { Target } from './target.js';

/**
 * Invokes a deployed function of ours and waits for what came of it.
 *
 * @param name without app and stage
 * @param what that which fails, in words
 * @throws CliError where the function failed
 */
export async function invokeFunction<T>(name: string, event: object, what: string, { lambda, identity }: Target): Promise<T> {
  const FunctionName = physicalName(identity, name);
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }));
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) {
    const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    throw new CliError(`${what} failed: ${errorType ?? FunctionError}: ${errorMessage ?? text}; its log: ./sluice logs emulator`);
  }
  return JSON.parse(text) as T;
}
