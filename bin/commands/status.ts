import type { Command } from 'commander';
import { lastError } from '../../localstack/gateway/glue-runs.js';
import { residentBytes, tail } from '../../localstack/process.js';
import { awsEnvironment, jobRuns, runIsAlive, services } from '../../localstack/stack.js';
import { bytes, EXIT, printJson, printRows } from '../output.js';
import { runningLocal } from '../target.js';

interface Component {
  readonly name: string;
  readonly state: string;
  readonly address: string;
  readonly memory: number;
  readonly log: string;
  readonly lastLines: string | null;
}

function stateOf(run: ReturnType<typeof jobRuns>[number], alive: boolean): string {
  if (alive) return 'running';
  if (run.state === 'SUCCEEDED') return 'finished';
  return run.state === 'STOPPED' || run.state === 'STOPPING' ? 'stopped' : 'dead';
}

/** Everything that should run here, and whether it does. */
function components(): Component[] {
  const { home, state } = runningLocal();
  // The door's children are the Spark drivers, counted by themselves.
  const servers = services(home, state).map(({ name, running, pid, address, log }) => ({
    name,
    state: running ? 'running' : 'stopped',
    address,
    memory: pid === null ? 0 : residentBytes(pid, name !== 'door'),
    log,
    lastLines: running ? null : tail(log, 8),
  }));
  const newest = new Map<string, ReturnType<typeof jobRuns>[number]>();
  for (const run of jobRuns(home)) if (!newest.has(run.job)) newest.set(run.job, run);
  const jobs = [...newest.values()].map((run) => {
    const alive = runIsAlive(run);
    const log = run.process?.log ?? '';
    return {
      name: `spark ${run.job}`,
      state: stateOf(run, alive),
      address: alive ? `http://127.0.0.1:${run.uiPort} (console)` : '',
      memory: alive && run.process ? residentBytes(run.process.pid) : 0,
      log,
      lastLines: alive ? null : `${lastError(tail(log, 200))}\n${tail(log, 8)}`,
    };
  });
  return [...servers, ...jobs];
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what runs here, where, and with how much memory; exit 3 if something that should run does not')
    .option('--json', 'as JSON')
    .option('--env', 'print the exports for the AWS CLI: eval "$(./sluice status --env)"')
    .action((options: { json?: boolean; env?: boolean }) => {
      if (options.env) {
        const { state } = runningLocal();
        for (const [name, value] of Object.entries(awsEnvironment(state))) process.stdout.write(`export ${name}=${value}\n`);
        return;
      }
      const all = components();
      const bad = all.filter(({ state }) => state !== 'running' && state !== 'finished');
      if (options.json) {
        printJson({ healthy: bad.length === 0, components: all });
      } else {
        printRows(
          ['component', 'state', 'address', 'memory'],
          all.map(({ name, state, address, memory }) => [name, state, address, memory === 0 ? '' : bytes(memory)]),
        );
        printTotals(all);
        for (const { name, log, lastLines } of bad) process.stdout.write(`\n${name} is not running. ${log} ends with:\n${lastLines ?? ''}\n`);
      }
      if (bad.length > 0) process.exitCode = EXIT.degraded;
    });
}

function printTotals(all: readonly Component[]): void {
  const total = all.reduce((sum, { memory }) => sum + memory, 0);
  process.stderr.write(
    `sluice: ${bytes(total)} resident in all. Real here: Kafka, Spark, Delta, Trino, the bundled functions; emulated: S3, CloudFormation, Lambda's host, Scheduler, the Glue catalog; absent: IAM, KMS, VPC\n`,
  );
}
