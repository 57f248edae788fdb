import { GetJobRunCommand, StartJobRunCommand } from '@aws-sdk/client-glue';
import { physicalName } from '../lib/config.js';
import { until } from '../localstack/process.js';
import { CliError } from './output.js';
import type { Target } from './target.js';

const ENDED_BADLY = ['FAILED', 'STOPPED', 'TIMEOUT', 'ERROR'];

/**
 * Runs a batch job of the stage and waits for its end.
 *
 * @param name the job's name without app and stage
 * @param once called when the run has started
 * @returns the run's id
 * @throws CliError with the job's own words where it failed
 */
export async function runJob(lake: Target, name: string, Arguments: Record<string, string>, timeoutMs: number, once: () => Promise<void> = async () => undefined): Promise<string> {
  const JobName = physicalName(lake.identity, name);
  const { JobRunId: RunId = '' } = await lake.glue.send(new StartJobRunCommand({ JobName, Arguments }));
  await once();
  await until(
    async () => {
      const { JobRun } = await lake.glue.send(new GetJobRunCommand({ JobName, RunId }));
      const state = JobRun?.JobRunState ?? '';
      if (ENDED_BADLY.includes(state)) throw new CliError(`the ${name} ${state.toLowerCase()}: ${JobRun?.ErrorMessage ?? 'no reason given'}; its log: ./sluice logs ${name}`);
      return state === 'SUCCEEDED';
    },
    { timeoutMs, everyMs: 500, describe: () => `the ${name} did not end within ${timeoutMs / 60_000} minutes` },
  );
  return RunId;
}
