import { GetJobRunsCommand, type JobRun } from '@aws-sdk/client-glue';
import { glueLogGroup } from '../../../../lib/shared/glue-logs.js';
import type { Target } from '../../../lake/target.js';

/**
 * Runs of a Spark job, newest first.
 *
 * @param role of the job: its name is part of where the runs log to
 */
export async function glueRuns(JobName: string, role: string, limit: number, { glue, local }: Target) {
  const encrypted = (run: JobRun) =>
    run.SecurityConfiguration ? { securityConfiguration: run.SecurityConfiguration, roleName: role.slice(role.lastIndexOf('/') + 1) } : undefined;
  const { JobRuns = [] } = await glue.send(new GetJobRunsCommand({ JobName, MaxResults: limit }));
  return JobRuns.map((run: JobRun) => ({
    runId: run.Id ?? '',
    state: run.JobRunState ?? '',
    startedAt: run.StartedOn?.toISOString() ?? '',
    seconds: run.ExecutionTime ?? 0,
    error: run.ErrorMessage ?? null,
    log: local ? (run.LogGroupName ?? '') : `${glueLogGroup('error', encrypted(run))}, stream ${run.Id}`,
  }));
}
