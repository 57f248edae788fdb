import { freshnessMatrix, type Overview, progressRows } from '../../../../lambdas/monitor/overview.js';
import { bytes, printRows, say } from '../../../output.js';
import type { Status } from '../status.js';
import { type Component, WELL } from './components.js';

export function printStatus({ components: all, facts: overview, page }: Status): void {
  if (all.length > 0) {
    printRows(
      ['component', 'state', 'address', 'memory'],
      all.map(({ name, state, address, memory }) => [name, state, address, memory === 0 ? '' : bytes(memory)]),
    );
    printTotals(all);
  }
  if (overview) printOverview(overview);
  if (page) say(`the same as a page: ${page}`);
  for (const { name, log, lastLines, state } of all)
    if (lastLines !== null && !WELL.has(state)) process.stdout.write(`\n${name} is not running. ${log} ends with:\n${lastLines}\n`);
}

function printOverview({ report, alarms, progress }: Overview): void {
  const firing = alarms.filter(({ state }) => state === 'ALARM');
  if (firing.length > 0) {
    process.stdout.write('\n');
    printRows(
      ['in alarm', 'since', 'what it means'],
      firing.map(({ name, since, description }) => [name, new Date(since).toISOString(), description]),
    );
  }
  if (report === null) {
    say('the monitor has not run yet: ./sluice health runs it now');
    return;
  }
  process.stdout.write('\n');
  printRows(
    ['component', 'state', 'found'],
    report.checks.map(({ check, state, summary }) => [check, state, summary]),
  );
  process.stdout.write('\n');
  const minutes = (value: number | null) => (value === null ? '' : value.toFixed(1));
  printRows(
    ['freshness, minutes', 'bronze', 'silver', 'gold'],
    freshnessMatrix(report).map((row) => [row.dataset, minutes(row.minutes.bronze), minutes(row.minutes.silver), minutes(row.minutes.gold)]),
  );
  const behind = progressRows(progress);
  if (behind.length === 0) say('no layer is behind');
  else {
    process.stdout.write('\n');
    printRows(['behind', 'layer', 'records', 'a second', 'time left'], behind);
  }
  say(`${firing.length} of ${alarms.length} alarms fire; looked at ${new Date(report.finishedAt).toISOString()}`);
}

function printTotals(all: readonly Component[]): void {
  const total = all.reduce((sum, { memory }) => sum + memory, 0);
  process.stderr.write(
    `sluice: ${bytes(total)} resident in all. Real here: Kafka, Spark, Delta, Trino, the bundled functions; emulated: S3, CloudFormation, Lambda's host, Scheduler, the Glue catalog; absent: IAM, KMS, VPC\n`,
  );
}
