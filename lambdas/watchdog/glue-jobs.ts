import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchStopJobRunCommand, GetJobCommand, GetJobRunsCommand, type GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import { StateTable } from '../shared/state-table.js';
import type { JobApi, Wish } from './watch-jobs.js';

const NEWEST = 25;

/** {@link JobApi} on Glue. */
export function glueJobs(client: GlueClient): JobApi {
  return {
    async runs(job) {
      const { JobRuns = [] } = await client.send(new GetJobRunsCommand({ JobName: job, MaxResults: NEWEST }));
      return JobRuns.map((run) => ({
        id: run.Id ?? '',
        state: run.JobRunState ?? '',
        fingerprint: run.Arguments?.['--release'] ?? null,
        startedAt: run.StartedOn?.getTime() ?? 0,
        endedAt: run.CompletedOn?.getTime() ?? null,
        error: run.ErrorMessage ?? null,
      }));
    },
    async start(job, fingerprint, workers) {
      // Workers are told together with their type.
      const type = workers === undefined ? undefined : (await client.send(new GetJobCommand({ JobName: job }))).Job?.WorkerType;
      const scale = workers === undefined || type === undefined ? {} : { NumberOfWorkers: workers, WorkerType: type };
      const { JobRunId } = await client.send(new StartJobRunCommand({ JobName: job, Arguments: { '--release': fingerprint }, ...scale }));
      return JobRunId ?? '';
    },
    async stop(job, runId) {
      const { Errors = [] } = await client.send(new BatchStopJobRunCommand({ JobName: job, JobRunIds: [runId] }));
      const [error] = Errors;
      if (error) throw new Error(`job ${job}: run ${runId} cannot be stopped: ${error.ErrorDetail?.ErrorMessage ?? 'no reason given'}`);
    },
  };
}

/** The item of what an operator wants of a job. */
export const jobKey = (job: string): string => `job#${job}`;

/** What an operator wants, from the state table: `job#NAME`. */
export async function wishOf(client: DynamoDBClient, table: string, job: string): Promise<Wish> {
  const { desired, workers } = await new StateTable(client, table).item(jobKey(job));
  return { stopped: desired === 'stopped', ...(typeof workers === 'number' ? { workers } : {}) };
}
