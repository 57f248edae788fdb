import { GlueClient } from '@aws-sdk/client-glue';
import { required } from '../shared/environment.js';
import { glueJobs } from './glue-jobs.js';
import { type JobOutcome, type WatchedJob, watch } from './run.js';

const STOP_POLLS = 60;

interface CustomResourceEvent {
  readonly RequestType?: 'Create' | 'Update' | 'Delete';
}

/** Called by a schedule, and by the deploy (custom resource `Custom::JobRelease`) when the release changed. */
export async function handler(event: CustomResourceEvent): Promise<{ PhysicalResourceId: string; jobs: Record<string, JobOutcome> }> {
  const PhysicalResourceId = 'job-release';
  if (event.RequestType === 'Delete') return { PhysicalResourceId, jobs: {} };
  const jobs = JSON.parse(required('JOBS')) as WatchedJob[];
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return { PhysicalResourceId, jobs: await watch(jobs, { jobs: glueJobs(new GlueClient({})), sleep, stopPolls: STOP_POLLS }) };
}
