import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, GetQueueUrlCommand, type Message, QueueDoesNotExist, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { physicalName } from '../../../../lib/config.js';
import type { Target } from '../../../lake/target.js';

/** An event that something failed at, and the function that it was for. */
export interface DeadLetter {
  readonly queue: string;
  readonly functionName: string | null;
  readonly payload: unknown;
  readonly error: string;
  readonly receiptHandle: string;
  readonly url: string;
}

const PAGE = 10;
/** While a command looks at them nobody else sees them. */
const VISIBILITY_SECONDS = 120;
const functionOf = (arn: string): string | null => /:function:([^:]+)/.exec(arn)?.[1] ?? null;

/**
 * Reads a message of either kind: what Lambda sends where a function failed for good (with request and answer), and what
 * Scheduler sends where it could not deliver (the input itself, the rest as attributes).
 */
export function parseLetter(queue: string, url: string, { Body = '', ReceiptHandle = '', MessageAttributes = {} }: Message): DeadLetter {
  const base = { queue, url, receiptHandle: ReceiptHandle };
  let body: unknown;
  try {
    body = JSON.parse(Body);
  } catch {
    return { ...base, functionName: null, payload: Body, error: 'no JSON' };
  }
  const context = (body as { requestContext?: { functionArn?: string; condition?: string }; requestPayload?: unknown; responsePayload?: { errorMessage?: string } }) ?? {};
  if (context.requestContext?.functionArn !== undefined)
    return {
      ...base,
      functionName: functionOf(context.requestContext.functionArn),
      payload: context.requestPayload,
      error: context.responsePayload?.errorMessage ?? context.requestContext.condition ?? 'unknown',
    };
  const attribute = (name: string) => MessageAttributes[name]?.StringValue;
  return {
    ...base,
    functionName: functionOf(attribute('TARGET_ARN') ?? ''),
    payload: body,
    error: attribute('ERROR_MESSAGE') ?? attribute('ERROR_CODE') ?? 'could not be delivered',
  };
}

/** Messages of a queue, as many as it gives; none where a stage has no such queue. */
export async function lettersOf(queue: string, { sqs, identity }: Target): Promise<DeadLetter[]> {
  let QueueUrl: string;
  try {
    QueueUrl = (await sqs.send(new GetQueueUrlCommand({ QueueName: physicalName(identity, queue) }))).QueueUrl ?? '';
  } catch (cause) {
    if (cause instanceof QueueDoesNotExist) return [];
    throw cause;
  }
  const letters: DeadLetter[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: PAGE, VisibilityTimeout: VISIBILITY_SECONDS, MessageAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return letters;
    letters.push(...Messages.map((message) => parseLetter(queue, QueueUrl, message)));
  }
}

/** Calls the function again, and removes the message where it did what it was asked. @returns what it fails at, or null */
export async function redrive(letter: DeadLetter, { lambda, sqs }: Target): Promise<string | null> {
  if (letter.functionName === null) return 'no function is named: it stays';
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: letter.functionName, Payload: Buffer.from(JSON.stringify(letter.payload ?? {})) }));
  if (FunctionError !== undefined) {
    const { errorMessage } = JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as { errorMessage?: string };
    return errorMessage ?? FunctionError;
  }
  await sqs.send(new DeleteMessageCommand({ QueueUrl: letter.url, ReceiptHandle: letter.receiptHandle }));
  return null;
}
