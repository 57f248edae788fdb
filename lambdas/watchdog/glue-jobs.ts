import { BatchStopJobRunCommand, GetJobRunsCommand, type GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import type { JobApi } from './run.js';

const NEWEST = 25;

/** {@link JobApi} on Glue. */
export function glueJobs(client: GlueClient): JobApi {
  return {
    async runs(job) {
      const { JobRuns = [] } = await client.send(new GetJobRunsCommand({ JobName: job, MaxResults: NEWEST }));
      return JobRuns.map((run) => ({ id: run.Id ?? '', state: run.JobRunState ?? '', release: run.Arguments?.['--release'] ?? null }));
    },
    async start(job, release) {
      const { JobRunId } = await client.send(new StartJobRunCommand({ JobName: job, Arguments: { '--release': release } }));
      return JobRunId ?? '';
    },
    async stop(job, runId) {
      const { Errors = [] } = await client.send(new BatchStopJobRunCommand({ JobName: job, JobRunIds: [runId] }));
      const [error] = Errors;
      if (error) throw new Error(`job ${job}: run ${runId} cannot be stopped: ${error.ErrorDetail?.ErrorMessage ?? 'no reason given'}`);
    },
  };
}
