import { GetJobCommand } from '@aws-sdk/client-glue';
import { FLOW } from '../../../lambdas/flow/steps.js';
import { physicalName } from '../../../lib/config.js';
import { type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption, wholeNumber } from '../options.js';
import { glueRuns } from './runs/glue.js';
import { recordedRuns, successRates } from './runs/recorded.js';

export const runsCommand = () =>
  newCommand('runs', 'runs of sources, flows and Spark jobs: state, duration, steps, success rate of the last week, where the log is', [
    './sluice runs',
    './sluice runs stevenblack',
    './sluice runs combined --limit 5',
  ])
    .argument('[subject]', 'a source, a flow, or a job (combined, bronze, export ...)')
    .option('-n, --limit <count>', 'how many', '20')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (subject: string | undefined, options: { limit: string; json?: boolean; stage: string }) => {
      const limit = wholeNumber(options.limit, '--limit', 1, 200);
      if (subject !== undefined && !/^[a-z][a-z0-9_-]*$/.test(subject)) throw new CliError(`"${subject}" is no source, flow or job`, EXIT.misuse);
      const lake = target(options.stage);
      if (subject === undefined) return printRates(lake, options.json === true);
      const role = await roleOf(subject, lake);
      if (role !== null) return printGlueRuns(subject, role, limit, lake, options.json === true);
      return printRecorded(subject, limit, lake, options.json === true);
    });

async function printRates(lake: Target, json: boolean): Promise<void> {
  const rates = await successRates(lake);
  if (json) return printJson(rates);
  printRows(
    ['subject', 'runs in 7 days', 'success', 'mean', 'last', 'at'],
    rates.map((each) => [each.subject, String(each.runs), `${each.successPercent} %`, `${each.meanSeconds.toFixed(1)} s`, each.lastState, each.lastAt]),
  );
}

/** The role of a Spark job; null where no job has that name. */
async function roleOf(name: string, { glue, identity }: Target): Promise<string | null> {
  return glue.send(new GetJobCommand({ JobName: physicalName(identity, name) })).then(
    ({ Job }) => (Job === undefined ? null : (Job.Role ?? '')),
    () => null,
  );
}

async function printGlueRuns(job: string, role: string, limit: number, lake: Target, json: boolean): Promise<void> {
  const runs = await glueRuns(physicalName(lake.identity, job), role, limit, lake);
  if (json) return printJson(runs);
  printRows(
    ['run', 'state', 'started', 'seconds', 'error', 'log'],
    runs.map((run) => [run.runId, run.state, run.startedAt, String(run.seconds), run.error ?? '', run.log]),
  );
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

async function printRecorded(subject: string, limit: number, lake: Target, json: boolean): Promise<void> {
  const runs = await recordedRuns(subject, limit, lake);
  if (json) return printJson(runs);
  say(`their log: ${lake.local ? './sluice logs emulator' : `/aws/lambda/${physicalName(lake.identity, subject === FLOW ? 'flow' : 'ingest')}`}`);
  if (runs.length === 0) say(`no run of ${subject} is recorded; ./sluice runs lists what has run`);
  printRows(
    ['run', 'state', 'started', 'seconds', 'steps', 'what came of it'],
    runs.map((run) => [
      run.runId,
      run.state,
      run.startedAt,
      run.seconds.toFixed(1),
      (run.details.steps ?? []).map(({ name, ms }) => `${name} ${seconds(ms)}`).join(', '),
      run.summary,
    ]),
  );
}
