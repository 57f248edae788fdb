import type { Command } from 'commander';
import { type Facts, freshnessMatrix, gatherFacts } from '../../../lambdas/monitor/facts.js';
import { wishOf } from '../../../lambdas/watchdog/glue-jobs.js';
import { physicalName } from '../../../lib/config.js';
import { lastError } from '../../../localstack/front-door/run-record.js';
import { residentBytes, sleep, tail } from '../../../localstack/process.js';
import { awsEnvironment, frontDoorUrl } from '../../../localstack/stack/instance.js';
import { newestRuns, runIsAlive } from '../../../localstack/stack/job-runs.js';
import { services } from '../../../localstack/stack/services.js';
import { stageOption } from '../../lake/sources.js';
import { runningLocal, type Target, target } from '../../lake/target.js';
import { bytes, EXIT, printJson, printRows, say } from '../../output.js';

interface Component {
  readonly name: string;
  readonly state: string;
  readonly address: string;
  readonly memory: number;
  readonly log: string;
  readonly lastLines: string | null;
}

/** States of a component that nobody need see to. */
const WELL: ReadonlySet<string> = new Set(['running', 'finished', 'paused']);

function stateOf(run: ReturnType<typeof newestRuns>[number], alive: boolean): string {
  if (alive) return 'running';
  if (run.state === 'SUCCEEDED') return 'finished';
  return run.state === 'STOPPED' || run.state === 'STOPPING' ? 'stopped' : 'dead';
}

/** Everything that should run here, and whether it does. */
async function components(lake: Target): Promise<Component[]> {
  const { home, state } = runningLocal();
  // The front door's children are the Spark drivers, counted by themselves.
  const servers = services(home, state).map(({ name, running, pid, address, log }) => ({
    name,
    state: running ? 'running' : 'stopped',
    address,
    memory: pid === null ? 0 : residentBytes(pid, name !== 'front-door'),
    log,
    lastLines: running ? null : tail(log, 8),
  }));
  const jobs = newestRuns(home).map(async (run) => {
    const alive = runIsAlive(run);
    const { stopped } = alive ? { stopped: false } : await wishOf(lake.dynamo, physicalName(lake.identity, 'state'), run.job).catch(() => ({ stopped: false }));
    const log = run.process?.log ?? '';
    return {
      name: `spark ${run.job}`,
      state: stopped ? 'paused' : stateOf(run, alive),
      address: alive ? `http://127.0.0.1:${run.uiPort} (console)` : '',
      memory: alive && run.process ? residentBytes(run.process.pid) : 0,
      log,
      lastLines: alive ? null : `${lastError(tail(log, 200))}\n${tail(log, 8)}`,
    };
  });
  return [...servers, ...(await Promise.all(jobs))];
}

interface Status {
  readonly healthy: boolean;
  /** Empty on a deployed stage. */
  readonly components: readonly Component[];
  /** Null where nothing of it could be asked. */
  readonly facts: Facts | null;
  readonly page: string | null;
}

const factsOf = ({ dynamo, cloudwatch, identity }: Target): Promise<Facts> =>
  gatherFacts({ dynamo, cloudwatch, stateTable: physicalName(identity, 'state'), prefix: physicalName(identity, '') });

async function statusOf(lake: Target): Promise<Status> {
  const all = lake.local ? await components(lake) : [];
  // A front door that is down can say nothing of alarms; what runs is said all the same.
  const facts = await factsOf(lake).catch((cause: unknown) => {
    say(`alarms and checks are not known: ${(cause as Error).message}`);
    return null;
  });
  const runs = all.every(({ state }) => WELL.has(state));
  const quiet = facts?.alarms.every(({ state }) => state !== 'ALARM') === true;
  return { healthy: runs && quiet, components: all, facts, page: lake.local ? `${frontDoorUrl(lake.local.state)}/_sluice/` : null };
}

function printStatus({ components: all, facts, page }: Status): void {
  if (all.length > 0) {
    printRows(
      ['component', 'state', 'address', 'memory'],
      all.map(({ name, state, address, memory }) => [name, state, address, memory === 0 ? '' : bytes(memory)]),
    );
    printTotals(all);
  }
  if (facts) printFacts(facts);
  if (page) say(`the same as a page: ${page}`);
  for (const { name, log, lastLines, state } of all)
    if (lastLines !== null && !WELL.has(state)) process.stdout.write(`\n${name} is not running. ${log} ends with:\n${lastLines}\n`);
}

function printFacts({ report, alarms }: Facts): void {
  const firing = alarms.filter(({ state }) => state === 'ALARM');
  if (firing.length > 0) {
    process.stdout.write('\n');
    printRows(
      ['in alarm', 'since', 'what it means'],
      firing.map(({ name, since, description }) => [name, new Date(since).toISOString(), description]),
    );
  }
  if (report === null) {
    say('the monitor has not run yet: ./sluice check runs it now');
    return;
  }
  process.stdout.write('\n');
  printRows(
    ['check', 'state', 'found'],
    report.checks.map(({ check, state, summary }) => [check, state, summary]),
  );
  process.stdout.write('\n');
  const minutes = (value: number | null) => (value === null ? '' : value.toFixed(1));
  printRows(
    ['freshness, minutes', 'bronze', 'silver', 'gold'],
    freshnessMatrix(report).map((row) => [row.dataset, minutes(row.minutes.bronze), minutes(row.minutes.silver), minutes(row.minutes.gold)]),
  );
  say(`${firing.length} of ${alarms.length} alarms fire; looked at ${new Date(report.finishedAt).toISOString()}`);
}

const WATCH_MS = 5_000;

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what runs and where, what is in alarm, what the monitor found last; exit 3 if something should be seen to')
    .option('--json', 'as JSON')
    .option('--watch', 'again every five seconds, until it is interrupted')
    .option('--env', 'print the exports for the AWS CLI: eval "$(./sluice status --env)"')
    .addOption(stageOption())
    .action(async (options: { json?: boolean; watch?: boolean; env?: boolean; stage: string }) => {
      if (options.env) {
        const { state } = runningLocal();
        for (const [name, value] of Object.entries(awsEnvironment(state))) process.stdout.write(`export ${name}=${value}\n`);
        return;
      }
      const lake = target(options.stage);
      for (;;) {
        const status = await statusOf(lake);
        if (options.watch && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
        if (options.json) printJson(status);
        else printStatus(status);
        process.exitCode = status.healthy ? EXIT.ok : EXIT.degraded;
        if (!options.watch) return;
        await sleep(WATCH_MS);
      }
    });
}

function printTotals(all: readonly Component[]): void {
  const total = all.reduce((sum, { memory }) => sum + memory, 0);
  process.stderr.write(
    `sluice: ${bytes(total)} resident in all. Real here: Kafka, Spark, Delta, Trino, the bundled functions; emulated: S3, CloudFormation, Lambda's host, Scheduler, the Glue catalog; absent: IAM, KMS, VPC\n`,
  );
}
