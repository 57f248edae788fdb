import { Duration, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { WatchedJob } from '../../lambdas/watchdog/watch-jobs.js';
import { type Config, physicalName } from '../config.js';
import { SluiceFunction } from '../shared/function.js';
import { metricsNamespace } from '../shared/names.js';
import { MEDALLION_QUEUES } from '../shared/queues.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';
import type { DriverJob } from './driver-job.js';
import { LAYOUTS } from './layouts.js';

export interface WatchdogProps {
  readonly config: Config;
  readonly stateTable: ITable;
  readonly jobs: readonly DriverJob[];
  /** The same, as the function is told of them. */
  readonly watched: readonly WatchedJob[];
}

/** What keeps the streaming jobs running. */
export class Watchdog extends Construct {
  readonly function: IFunction;
  readonly schedule: Schedule;

  constructor(scope: Construct, id: string, { config, stateTable, jobs, watched }: WatchdogProps) {
    super(scope, id);
    const retired = Object.entries(LAYOUTS).flatMap(([layout, writers]) =>
      layout === config.medallion.layout ? [] : Object.keys(writers).map((name) => physicalName(config, name)),
    );
    const watchdog = new SluiceFunction(this, 'Watchdog', {
      functionName: physicalName(config, 'watchdog'),
      description: 'Starts streaming jobs that are not running and restarts those of an old release',
      folder: 'watchdog',
      timeout: Duration.minutes(3),
      environment: {
        ...(config.local ? { AWS_ENDPOINT_URL_GLUE: config.local.awsEndpoint } : {}),
        JOBS: JSON.stringify(watched),
        RETIRED_JOBS: JSON.stringify(retired),
        STATE_TABLE: stateTable.tableName,
        RESTARTS_PER_HOUR: String(config.medallion.restartsPerHour),
        METRICS_NAMESPACE: metricsNamespace(config),
      },
    });
    this.function = watchdog.function;
    watchdog.allow(
      ['glue:GetJob', 'glue:GetJobRuns', 'glue:StartJobRun', 'glue:BatchStopJobRun'],
      jobs.map(({ jobArn }) => jobArn),
    );
    // When the deploy calls it, those of the layout before are still there: CloudFormation takes them away at its end.
    watchdog.allow(
      ['glue:GetJobRuns', 'glue:BatchStopJobRun'],
      retired.map((resourceName) => Stack.of(this).formatArn({ service: 'glue', resource: 'job', resourceName })),
    );
    grantTable(stateTable, watchdog.function, 'GetItem');
    const [failed, undelivered] = MEDALLION_QUEUES;
    const deadLetters = scheduleDeadLetters(this, 'WatchdogDeadLetters', physicalName(config, undelivered));
    boundedAsyncRetries(watchdog.function, scheduleDeadLetters(this, 'WatchdogFailures', physicalName(config, failed)));
    this.schedule = scheduledInvoke(this, 'WatchdogSchedule', {
      scheduleName: physicalName(config, 'watchdog'),
      description: 'Keeps the streaming jobs running',
      schedule: ScheduleExpression.rate(Duration.minutes(config.medallion.watchdogMinutes)),
      function: watchdog.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters,
    });
  }
}
