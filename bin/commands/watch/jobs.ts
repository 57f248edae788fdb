import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetJobCommand, GetJobRunsCommand, type JobRun as GlueRun } from '@aws-sdk/client-glue';
import type { Command } from 'commander';
import { FLOW } from '../../../lambdas/flow/run.js';
import type { Report } from '../../../lambdas/monitor/run.js';
import { glueJobs, jobKey, wishOf } from '../../../lambdas/watchdog/glue-jobs.js';
import { isRunning, type JobOutcome } from '../../../lambdas/watchdog/run.js';
import { physicalName } from '../../../lib/config.js';
import { glueLogGroup } from '../../../lib/shared/glue-logs.js';
import { DEAD_LETTER_QUEUES } from '../../../lib/shared/queues.js';
import { until } from '../../../localstack/process.js';
import { runQuery } from '../../lake/athena.js';
import { invokeFunction } from '../../lake/invoke.js';
import { callWatchdog, streamingJob, streamingJobs } from '../../lake/jobs.js';
import { assertSource, stageOption } from '../../lake/sources.js';
import { type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { lettersOf, redrive } from './redrive/letters.js';

const stateTable = (lake: Target): string => physicalName(lake.identity, 'state');

function printReport(report: Report, everything: boolean): void {
  printRows(
    ['check', 'state', 'found', 'seconds'],
    report.checks.map(({ check, state, summary, startedAt, finishedAt }) => [check, state, summary, ((finishedAt - startedAt) / 1000).toFixed(1)]),
  );
  const findings = report.checks.flatMap((check) => check.findings.filter(({ state }) => everything || state === 'degraded' || state === 'failed'));
  if (findings.length > 0) {
    process.stdout.write('\n');
    printRows(
      ['looked at', 'state', 'found'],
      findings.map(({ subject, state, message }) => [subject, state, message]),
    );
  }
  if (report.untold !== null) say(`the checks could not be told to ops.checks: ${report.untold}`);
}

function addCheck(program: Command): void {
  program
    .command('check')
    .description('run the monitor now: storage, Kafka, Spark, freshness, quality, cost; exit 3 if something is not well')
    .option('--all', 'show what is well, too')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (options: { all?: boolean; json?: boolean; stage: string }) => {
      const report = await invokeFunction<Report>('monitor', {}, 'the monitor', target(options.stage));
      if (options.json) printJson(report);
      else printReport(report, options.all === true);
      process.exitCode = report.state === 'ok' || report.state === 'skipped' ? EXIT.ok : EXIT.degraded;
    });
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

/** Runs of a source or flow that the lake remembers, newest first. */
async function recordedRuns(subject: string, limit: number, lake: Target) {
  const { rows } = await runQuery(
    `SELECT subject, run_id, state, started_at, date_diff('millisecond', started_at, finished_at), summary, details FROM ops.runs WHERE source <> '_canary' AND subject = '${subject}' ORDER BY finished_at DESC LIMIT ${limit}`,
    lake,
  );
  return rows.map(([of, runId, state, startedAt, ms, summary, details]) => ({
    subject: of ?? '',
    runId: runId ?? '',
    state: state ?? '',
    startedAt: startedAt ?? '',
    seconds: Number(ms) / 1000,
    summary: summary ?? '',
    details: JSON.parse(details ?? '{}') as { steps?: { name: string; ms: number }[] },
  }));
}

async function successRates(lake: Target) {
  const { rows } = await runQuery(
    `SELECT subject, count(*), count_if(state IN ('ok', 'skipped')), avg(date_diff('millisecond', started_at, finished_at)), max_by(state, finished_at), max(finished_at)
FROM ops.runs WHERE source <> '_canary' AND finished_at > current_timestamp - INTERVAL '7' DAY GROUP BY subject ORDER BY subject`,
    lake,
  );
  return rows.map(([subject, runs, good, ms, last, at]) => ({
    subject: subject ?? '',
    runs: Number(runs),
    successPercent: Math.round((1000 * Number(good)) / Number(runs)) / 10,
    meanSeconds: Number(ms) / 1000,
    lastState: last ?? '',
    lastAt: at ?? '',
  }));
}

/** @param role of the job: its name is part of where the runs log to */
async function glueRuns(JobName: string, role: string, limit: number, { glue, local }: Target) {
  const encrypted = (run: GlueRun) =>
    run.SecurityConfiguration ? { securityConfiguration: run.SecurityConfiguration, roleName: role.slice(role.lastIndexOf('/') + 1) } : undefined;
  const { JobRuns = [] } = await glue.send(new GetJobRunsCommand({ JobName, MaxResults: limit }));
  return JobRuns.map((run: GlueRun) => ({
    runId: run.Id ?? '',
    state: run.JobRunState ?? '',
    startedAt: run.StartedOn?.toISOString() ?? '',
    seconds: run.ExecutionTime ?? 0,
    error: run.ErrorMessage ?? null,
    log: local ? (run.LogGroupName ?? '') : `${glueLogGroup('error', encrypted(run))}, stream ${run.Id}`,
  }));
}

function addRuns(program: Command): void {
  program
    .command('runs')
    .description('runs of sources, flows and Spark jobs: state, duration, steps, success rate of the last week, where the log is')
    .argument('[subject]', 'a source, a flow, or a job (combined, bronze, export ...)')
    .option('-n, --limit <count>', 'how many', '20')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (subject: string | undefined, options: { limit: string; json?: boolean; stage: string }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw new CliError(`--limit ${options.limit}: a number from 1 to 200`, EXIT.misuse);
      if (subject !== undefined && !/^[a-z][a-z0-9_-]*$/.test(subject)) throw new CliError(`"${subject}" is no source, flow or job`, EXIT.misuse);
      const lake = target(options.stage);
      if (subject === undefined) {
        const rates = await successRates(lake);
        if (options.json) return printJson(rates);
        return printRows(
          ['subject', 'runs in 7 days', 'success', 'mean', 'last', 'at'],
          rates.map((each) => [each.subject, String(each.runs), `${each.successPercent} %`, `${each.meanSeconds.toFixed(1)} s`, each.lastState, each.lastAt]),
        );
      }
      const JobName = physicalName(lake.identity, subject);
      const job = await lake.glue.send(new GetJobCommand({ JobName })).then(
        ({ Job }) => Job,
        () => undefined,
      );
      if (job) {
        const runs = await glueRuns(JobName, job.Role ?? '', limit, lake);
        if (options.json) return printJson(runs);
        return printRows(
          ['run', 'state', 'started', 'seconds', 'error', 'log'],
          runs.map((run) => [run.runId, run.state, run.startedAt, String(run.seconds), run.error ?? '', run.log]),
        );
      }
      const runs = await recordedRuns(subject, limit, lake);
      if (options.json) return printJson(runs);
      say(`their log: ${lake.local ? './sluice logs aws' : `/aws/lambda/${physicalName(lake.identity, subject === FLOW ? 'flow' : 'ingest')}`}`);
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
    });
}

function addPause(program: Command): void {
  const set = (command: Command, paused: boolean, description: string) =>
    command
      .description(description)
      .argument('<source>', 'a source of the contracts')
      .addOption(stageOption())
      .action(async (source: string, options: { stage: string }) => {
        assertSource(source);
        const lake = target(options.stage);
        await lake.dynamo.send(
          new UpdateItemCommand({
            TableName: stateTable(lake),
            Key: { pk: { S: `source#${source}` } },
            UpdateExpression: 'SET paused = :paused',
            ExpressionAttributeValues: { ':paused': { BOOL: paused } },
          }),
        );
        say(
          paused
            ? `${source} is paused: its schedule leaves it alone, its last good version stays; ./sluice resume ${source}`
            : `${source} is checked again when it is due; now: ./sluice ingest ${source}`,
        );
      });
  set(program.command('pause'), true, "let a source's schedule leave it alone; nothing pages meanwhile");
  set(program.command('resume'), false, 'let a paused source be checked again');
}

interface JobRow {
  readonly name: string;
  readonly state: string;
  readonly wish: string;
  readonly workers: number | null;
  readonly run: string;
  readonly since: string;
}

async function listJobs(lake: Target): Promise<JobRow[]> {
  const api = glueJobs(lake.glue);
  return Promise.all(
    (await streamingJobs(lake)).map(async ({ name }) => {
      const [runs, { stopped, workers }] = await Promise.all([api.runs(name), wishOf(lake.dynamo, stateTable(lake), name)]);
      const run = runs.find(isRunning) ?? runs[0];
      const state = run === undefined ? 'never ran' : run.state;
      return {
        name,
        state: stopped && !(run && isRunning(run)) ? 'paused' : state,
        wish: stopped ? 'stopped by an operator' : 'running',
        workers: workers ?? null,
        run: run?.id ?? '',
        since: run === undefined ? '' : new Date(run.endedAt ?? run.startedAt).toISOString(),
      };
    }),
  );
}

async function wish(job: string, lake: Target, UpdateExpression: string, values: Record<string, { S: string } | { N: string }> = {}): Promise<void> {
  const ExpressionAttributeValues = Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values };
  await lake.dynamo.send(new UpdateItemCommand({ TableName: stateTable(lake), Key: jobKey(job), UpdateExpression, ...ExpressionAttributeValues }));
}

const STOP_TIMEOUT_MS = 300_000;

/** Ends a job's run, if it has one, and waits for its end. */
async function endRun(job: string, lake: Target): Promise<void> {
  const api = glueJobs(lake.glue);
  const current = (await api.runs(job)).find(isRunning);
  if (current && current.state !== 'STOPPING') await api.stop(job, current.id);
  await until(async () => !(await api.runs(job)).some(isRunning), {
    timeoutMs: STOP_TIMEOUT_MS,
    everyMs: 1_000,
    describe: () => `${job} did not stop within 5 minutes: ./sluice runs`,
  });
}

const told: Readonly<Record<JobOutcome, string>> = {
  running: 'runs',
  started: 'started',
  restarted: 'started anew',
  stopping: 'still stops; the watchdog starts it when it has',
  paused: 'is paused',
  resting: 'rests outside its daily window',
  limited: 'failed too often in the last hour',
};

function addJobs(program: Command): void {
  const jobs = program.command('jobs').description('the streaming Spark jobs: list, start, stop, restart, scale');
  jobs
    .command('list', { isDefault: true })
    .description('each job, its run, and what an operator wants of it')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (options: { json?: boolean; stage: string }) => {
      const rows = await listJobs(target(options.stage));
      if (options.json) return printJson(rows);
      printRows(
        ['job', 'state', 'wanted', 'workers', 'run', 'since'],
        rows.map((row) => [row.name, row.state, row.wish, row.workers === null ? 'as deployed' : String(row.workers), row.run, row.since]),
      );
    });
  const each = (name: string, description: string, act: (job: string, lake: Target, options: { workers?: string }) => Promise<void>) => {
    const command = jobs.command(name).description(description).argument('<job>', 'combined, bronze, silver or gold').addOption(stageOption());
    if (name === 'scale') command.requiredOption('--workers <count>', 'workers of its runs, the driver among them');
    command.action(async (job: string, options: { workers?: string; stage: string }) => {
      const lake = target(options.stage);
      await act(await streamingJob(job, lake), lake, options);
    });
  };
  const start = async (job: string, lake: Target) => {
    await wish(job, lake, 'REMOVE desired');
    const outcome = (await callWatchdog(lake))[job];
    say(`${job} ${outcome === undefined ? 'is not watched' : told[outcome]}`);
  };
  each('start', 'start a job that was stopped, or that the watchdog gave up', start);
  each('stop', 'stop a job; it stays stopped, also over deploys, until it is started', async (job, lake) => {
    await wish(job, lake, 'SET desired = :stopped', { ':stopped': { S: 'stopped' } });
    await endRun(job, lake);
    say(`${job} is stopped and stays so; it goes on at its checkpoints: ./sluice jobs start ${job}`);
  });
  each('restart', 'end the run and start another; it goes on at its checkpoints', async (job, lake) => {
    await endRun(job, lake);
    await start(job, lake);
  });
  each('scale', 'give a job other workers from now on; restarts it', async (job, lake, { workers = '' }) => {
    const count = Number(workers);
    if (!Number.isInteger(count) || count < 2 || count > 299) throw new CliError(`--workers ${workers}: a number from 2 to 299`, EXIT.misuse);
    await wish(job, lake, 'SET workers = :workers', { ':workers': { N: String(count) } });
    await endRun(job, lake);
    await start(job, lake);
    if (lake.local) say('here a driver has the cores of this machine, however many workers it is given');
  });
}

function addRedrive(program: Command): void {
  program
    .command('redrive')
    .description('call functions again with the events that they failed at, or that could not be delivered; what fails again stays')
    .argument('[queue]', `one of ${DEAD_LETTER_QUEUES.join(', ')}; default: all`)
    .option('--dry-run', 'show them; call nothing')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (queue: string | undefined, options: { dryRun?: boolean; json?: boolean; stage: string }) => {
      const queues = DEAD_LETTER_QUEUES.filter((each) => queue === undefined || each === queue);
      if (queues.length === 0) throw new CliError(`no queue is named "${queue}"; known: ${DEAD_LETTER_QUEUES.join(', ')}`, EXIT.misuse);
      const lake = target(options.stage);
      const letters = (await Promise.all(queues.map((each) => lettersOf(each, lake)))).flat();
      const results = [];
      for (const letter of letters) {
        const again = options.dryRun ? null : await redrive(letter, lake);
        results.push({ queue: letter.queue, function: letter.functionName, payload: letter.payload, error: letter.error, redriven: !options.dryRun && again === null, again });
      }
      if (options.json) printJson(results);
      else if (results.length === 0) say('no event waits');
      else
        printRows(
          ['queue', 'function', 'event', 'failed with', 'now'],
          results.map((each) => [
            each.queue,
            each.function ?? '',
            JSON.stringify(each.payload),
            each.error,
            options.dryRun ? 'waits (hidden from others for two minutes)' : each.redriven ? 'done' : `failed again: ${each.again}`,
          ]),
        );
      if (results.some(({ again }) => again !== null)) process.exitCode = EXIT.failed;
    });
}

export function addOperationCommands(program: Command): void {
  addRedrive(program);
  addCheck(program);
  addRuns(program);
  addPause(program);
  addJobs(program);
}
