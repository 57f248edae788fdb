import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { MONITOR } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import type { Looked } from './health.js';

export interface CostDeps {
  readonly billed: boolean;
  /** USD a month. */
  readonly monthlyBudget: number | null;
  /** USD of this month so far, for the account; null where AWS does not tell. */
  readonly charges: () => Promise<number | null>;
  readonly now: number;
}

const HOUR = 3600;

/**
 * The account's estimated charges of this month, which AWS publishes every few hours in us-east-1 where billing alerts
 * are switched on. Unlike Cost Explorer it costs nothing to ask.
 */
export async function chargesOf(client: CloudWatchClient, now: number): Promise<number | null> {
  const Metric = { Namespace: 'AWS/Billing', MetricName: 'EstimatedCharges', Dimensions: [{ Name: 'Currency', Value: 'USD' }] };
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - 24 * HOUR * 1000),
      EndTime: new Date(now),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [{ Id: 'charges', MetricStat: { Metric, Period: HOUR, Stat: 'Maximum' } }],
    }),
  );
  return MetricDataResults?.[0]?.Values?.[0] ?? null;
}

/** Cost so far against the part of the budget that this part of the month may have used. */
export async function lookAtCost({ billed, monthlyBudget, charges, now }: CostDeps): Promise<Looked> {
  const skipped = (summary: string): Looked => ({ summary, findings: [{ subject: 'cost', state: 'skipped', message: summary }], metrics: [] });
  if (!billed) return skipped('this machine is not billed');
  const usd = await charges();
  if (usd === null) return skipped('AWS/Billing tells nothing: switch on billing alerts in the account');
  const metrics = [metric(MONITOR.monthToDateCost, usd)];
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const elapsed = (now - Date.UTC(year, month, 1)) / (Date.UTC(year, month + 1, 1) - Date.UTC(year, month, 1));
  const told = `${usd.toFixed(2)} USD this month`;
  if (monthlyBudget === null) return { summary: told, findings: [{ subject: 'cost', state: 'ok', message: told }], metrics };
  const expected = usd / Math.max(elapsed, 1 / 31);
  const message = `${told}, about ${expected.toFixed(0)} USD by its end; the budget is ${monthlyBudget} USD`;
  return { summary: message, findings: [{ subject: 'cost', state: usd > monthlyBudget ? 'failed' : expected > monthlyBudget ? 'degraded' : 'ok', message }], metrics };
}
