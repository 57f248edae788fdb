import { GetJobRunCommand, StartJobRunCommand } from '@aws-sdk/client-glue';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { JobOutcome, WatchedJob } from '../../lambdas/watchdog/watch-jobs.js';
import { physicalName } from '../../lib/config.js';
import { until } from '../../localstack/process.js';
import { CliError, EXIT } from '../output.js';
import { invokeFunction } from './invoke.js';
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

/** Looks at the streaming jobs now, as the watchdog's schedule does; started however often they failed: a person wants it. */
export const callWatchdog = async (lake: Target): Promise<Readonly<Record<string, JobOutcome>>> =>
  (await invokeFunction<{ jobs: Record<string, JobOutcome> }>('watchdog', { force: true }, 'the watchdog', lake)).jobs;

/** The streaming jobs of a stage, as they were deployed. Names carry app and stage. */
export async function streamingJobs({ lambda, identity }: Target): Promise<readonly WatchedJob[]> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalName(identity, 'watchdog') }));
  return JSON.parse(Environment?.Variables?.JOBS ?? '[]') as WatchedJob[];
}

/** The full name of a streaming job, given with or without app and stage. @throws CliError naming those there are */
export async function streamingJob(name: string, lake: Target): Promise<string> {
  const jobs = await streamingJobs(lake);
  const found = jobs.find((job) => job.name === name || job.name === physicalName(lake.identity, name));
  if (!found)
    throw new CliError(`no streaming job is named "${name}"; there are: ${jobs.map((job) => job.name.slice(physicalName(lake.identity, '').length)).join(', ')}`, EXIT.misuse);
  return found.name;
}
