import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Schedule, type ScheduleExpression, type ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.js';

/** Not Scheduler's 185 attempts and 24 hours: a check that is five minutes late is made by the next one. */
export const RETRIES = 2;
export const MAX_EVENT_AGE = Duration.minutes(5);

/** The queue for events that could not be delivered or handled. Kept for 14 days, the most that SQS keeps. */
export function scheduleDeadLetters(scope: Construct, id: string, queueName: string): Queue {
  const queue = new Queue(scope, id, { queueName, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
  acknowledge(queue, { 'AwsSolutions-SQS3': 'This is the dead-letter queue.' });
  return queue;
}

export interface ScheduledInvokeProps {
  readonly scheduleName: string;
  readonly description: string;
  readonly schedule: ScheduleExpression;
  readonly function: IFunction;
  readonly input: ScheduleTargetInput;
  readonly deadLetters: IQueue;
  /** @default true */
  readonly enabled?: boolean;
}

/**
 * Invokes a function on a schedule. Scheduler's own dead letters are events it could not deliver; what the function
 * fails at goes by {@link boundedAsyncRetries}.
 */
export function scheduledInvoke(scope: Construct, id: string, props: ScheduledInvokeProps): Schedule {
  const schedule = new Schedule(scope, id, {
    scheduleName: props.scheduleName,
    description: props.description,
    schedule: props.schedule,
    enabled: props.enabled ?? true,
    target: new LambdaInvoke(props.function, { input: props.input, retryAttempts: RETRIES, maxEventAge: MAX_EVENT_AGE, deadLetterQueue: props.deadLetters }),
  });
  return schedule;
}

/** Scheduler invokes asynchronously: bounds the retries of a failing function and keeps the event that failed for good. */
export function boundedAsyncRetries(fn: { configureAsyncInvoke: IFunction['configureAsyncInvoke'] }, onFailure: IQueue): void {
  fn.configureAsyncInvoke({ retryAttempts: RETRIES, maxEventAge: MAX_EVENT_AGE, onFailure: new SqsDestination(onFailure) });
}
