import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import type { Report } from '../../lambdas/monitor/run.js';
import { physicalName } from '../../lib/config.js';
import { until } from '../../localstack/process.js';
import { runQuery } from '../athena.js';
import { invokeFunction } from '../invoke.js';
import type { Target } from '../target.js';

export interface StageFinding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly remedy: string;
}

const CANARY_TIMEOUT_MS = 240_000;
const SCHEDULES = ['hourly', 'monitor', 'watchdog'] as const;

async function scheduleFindings(lake: Target): Promise<StageFinding[]> {
  return Promise.all(
    SCHEDULES.map(async (name): Promise<StageFinding> => {
      try {
        const { State, ScheduleExpression } = await lake.scheduler.send(new GetScheduleCommand({ Name: physicalName(lake.identity, name) }));
        return {
          check: `schedule ${name}`,
          ok: State === 'ENABLED',
          found: `${State}, ${ScheduleExpression}`,
          remedy: State === 'ENABLED' ? '' : 'switch it on in EventBridge Scheduler, or deploy again',
        };
      } catch (cause) {
        return {
          check: `schedule ${name}`,
          ok: false,
          found: (cause as Error).message,
          remedy: `deploy the stage: ./sluice ${lake.stage === 'local' ? 'up' : `deploy --stage ${lake.stage}`}`,
        };
      }
    }),
  );
}

/**
 * Proves a deployed stage from end to end: its schedules are on, a function runs, Kafka takes a record, Spark carries it
 * through every layer, and SQL sees it in Gold.
 */
export async function diagnoseStage(lake: Target): Promise<StageFinding[]> {
  const findings = await scheduleFindings(lake);
  const began = Date.now();
  let report: Report;
  try {
    report = await invokeFunction<Report>('monitor', {}, 'the monitor', lake);
  } catch (cause) {
    return [...findings, { check: 'function monitor', ok: false, found: (cause as Error).message, remedy: 'docs/runbook.md#monitor-silent' }];
  }
  findings.push({ check: 'function monitor', ok: true, found: `ran ${((Date.now() - began) / 1000).toFixed(1)} s`, remedy: '' });
  for (const { check, state, summary } of report.checks.filter((each) => each.check === 'storage' || each.check === 'kafka' || each.check === 'jobs'))
    findings.push({ check: check === 'jobs' ? 'spark' : check, ok: state !== 'failed', found: summary, remedy: state === 'failed' ? 'docs/runbook.md' : '' });
  try {
    const seconds = await until(
      async () => {
        const [[newest] = []] = (await runQuery('SELECT to_unixtime(max(kafka_timestamp)) FROM ops.canaries', lake)).rows;
        return newest != null && Number(newest) * 1000 >= began - 1_000 ? (Date.now() - began) / 1000 : null;
      },
      { timeoutMs: CANARY_TIMEOUT_MS, everyMs: 3_000, describe: () => `the canary was not in Gold after ${CANARY_TIMEOUT_MS / 1000} s` },
    );
    findings.push({ check: 'a record to gold, by SQL', ok: true, found: `${seconds.toFixed(0)} s`, remedy: '' });
  } catch (cause) {
    findings.push({ check: 'a record to gold, by SQL', ok: false, found: (cause as Error).message, remedy: 'docs/runbook.md#canary' });
  }
  return findings;
}
