import { CHECKS_TABLE } from '../../../datasets/operations/contract.js';
import type { Report } from '../../../lambdas/monitor/monitor.js';
import { invokeFunction } from '../../lake/invoke.js';
import { target } from '../../lake/target.js';
import { EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

function printReport(report: Report, all: boolean): void {
  printRows(
    ['component', 'state', 'found', 'seconds'],
    report.checks.map(({ check, state, summary, startedAt, finishedAt }) => [check, state, summary, ((finishedAt - startedAt) / 1000).toFixed(1)]),
  );
  const findings = report.checks.flatMap((check) => check.findings.filter(({ state }) => all || state === 'degraded' || state === 'failed'));
  if (findings.length > 0) {
    process.stdout.write('\n');
    printRows(
      ['looked at', 'state', 'found'],
      findings.map(({ subject, state, message }) => [subject, state, message]),
    );
  }
  if (report.untold !== null) say(`the checks could not be told to ${CHECKS_TABLE}: ${report.untold}`);
}

export const healthCommand = () =>
  newCommand('health', 'run the monitor now: storage, Kafka, Spark, freshness, quality, cost; exit 3 if something is not well', ['./sluice health', './sluice health --all'])
    .option('--all', 'show what is well, too')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (options: { all?: boolean; json?: boolean; stage: string }) => {
      const report = await invokeFunction<Report>('monitor', {}, 'the monitor', target(options.stage));
      if (options.json) printJson(report);
      else printReport(report, options.all === true);
      process.exitCode = report.state === 'ok' || report.state === 'skipped' ? EXIT.ok : EXIT.degraded;
    });
