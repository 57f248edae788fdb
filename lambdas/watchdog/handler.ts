import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { required } from '../shared/environment.js';
import { embeddedLines } from '../shared/metrics.js';
import { glueJobs, wishOf } from './glue-jobs.js';
import { type JobOutcome, retire, stopAll, type WatchedJob, watch, watchdogMetrics } from './watch-jobs.js';

const STOP_POLLS = 60;
const dynamo = new DynamoDBClient({});

interface WatchdogEvent {
  readonly RequestType?: 'Create' | 'Update' | 'Delete';
  /** Start jobs however often they failed. */
  readonly force?: boolean;
}

/** Called by a schedule, by people (`sluice jobs`), and by the deploy (custom resource `Custom::JobRelease`) when a fingerprint changed or the stack goes. */
export async function handler(event: WatchdogEvent): Promise<{ PhysicalResourceId: string; jobs: Record<string, JobOutcome> }> {
  const PhysicalResourceId = 'job-release';
  const jobs = JSON.parse(required('JOBS')) as WatchedJob[];
  const glue = glueJobs(new GlueClient({}));
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  if (event.RequestType === 'Delete') return { PhysicalResourceId, jobs: await stopAll(jobs, { jobs: glue, sleep, stopPolls: STOP_POLLS }) };
  const retired = await retire(JSON.parse(required('RETIRED_JOBS')) as string[], glue);
  if (retired.length > 0) console.log(`stopped ${retired.join(', ')}: the stage has them no more`);
  const table = required('STATE_TABLE');
  const force = event.force === true || event.RequestType !== undefined;
  const outcomes = await watch(jobs, {
    jobs: glue,
    wish: (job) => wishOf(dynamo, table, job),
    clock: Date.now,
    sleep,
    stopPolls: STOP_POLLS,
    restartsPerHour: Number(required('RESTARTS_PER_HOUR')),
    force,
  });
  for (const line of embeddedLines(required('METRICS_NAMESPACE'), watchdogMetrics(outcomes, force), Date.now(), () => undefined)) console.log(line);
  return { PhysicalResourceId, jobs: outcomes };
}
