import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { OperationState } from '../contracts/operations.js';
import type { Report } from '../lambdas/monitor/run.js';
import { MONITOR_KEY } from '../lambdas/monitor/state.js';
import { physicalName } from '../lib/config.js';
import { EXIT } from './output.js';
import type { Target } from './target.js';

/** What the monitor keeps for those who ask. */
export interface MonitorMemory {
  readonly report: Report | null;
  readonly failedChecksTotal: number;
  readonly runsTotal: number;
}

export async function lastReport({ dynamo, identity }: Target): Promise<MonitorMemory> {
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: physicalName(identity, 'state'), Key: MONITOR_KEY, ConsistentRead: true }));
  return {
    report: Item?.report?.S === undefined ? null : (JSON.parse(Item.report.S) as Report),
    failedChecksTotal: Number(Item?.failedChecksTotal?.N ?? 0),
    runsTotal: Number(Item?.runsTotal?.N ?? 0),
  };
}

/** The exit code that a state of the lake stands for. */
export const exitOf = (state: OperationState): number => (state === 'ok' || state === 'skipped' ? EXIT.ok : EXIT.degraded);
