import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import type { Table } from '../../../../contracts/index.js';
import { datasets } from '../../../../datasets/index.js';
import type { Report } from '../../../../lambdas/monitor/monitor.js';
import { physicalName } from '../../../../lib/config.js';
import { until } from '../../../../localstack/process.js';
import { runQuery } from '../../../lake/athena.js';
import { invokeFunction } from '../../../lake/invoke.js';
import { sideBySide } from '../../../lake/side-by-side.js';
import type { Target } from '../../../lake/target.js';
import type { Finding } from './finding.js';

const CANARY_TIMEOUT_MS = 240_000;
const SCHEDULES = ['hourly', 'monitor', 'watchdog'] as const;

async function scheduleFindings(lake: Target): Promise<Finding[]> {
  return Promise.all(
    SCHEDULES.map(async (name): Promise<Finding> => {
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
 * of each dataset through every layer, and SQL sees it in Gold.
 */
export async function diagnoseStage(lake: Target): Promise<Finding[]> {
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
  return [...findings, ...(await canaryFindings(lake, began))];
}

/** State tables say in ops.canaries which canaries they have folded; they hold none. */
const isFolded = ({ kind }: Table): boolean => kind === 'state';

/** How long each dataset's canary took to Gold. Those that nobody waits for are left out: they may take their time. */
async function canaryFindings(lake: Target, began: number): Promise<Finding[]> {
  return sideBySide(
    datasets.filter(({ service, tables }) => !service.background && tables.some(isFolded)),
    async ({ name, tables }): Promise<Finding> => {
      const check = `a record of ${name} to gold, by SQL`;
      try {
        const seconds = await until(
          async () => {
            const newest = (await runQuery(`SELECT to_unixtime(max(kafka_timestamp)) FROM ops.canaries WHERE dataset = '${name}' GROUP BY folded_by`, lake)).rows;
            const arrived = newest.filter(([at]) => Number(at) * 1000 >= began - 1_000).length;
            return arrived === tables.filter(isFolded).length ? (Date.now() - began) / 1000 : null;
          },
          { timeoutMs: CANARY_TIMEOUT_MS, everyMs: 3_000, describe: () => `the canary was not in Gold after ${CANARY_TIMEOUT_MS / 1000} s` },
        );
        return { check, ok: true, found: `${seconds.toFixed(0)} s`, remedy: '' };
      } catch (cause) {
        return { check, ok: false, found: (cause as Error).message, remedy: 'docs/runbook.md#canary' };
      }
    },
  );
}
