import { type CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { type AlarmState, type Comparison, judge, type MissingData, MORE_PERIODS } from './alarm-state.js';
import { dimensionsOf, type RawDimension, statisticName } from './cloudwatch-input.js';
import { type MetricStore, statistic } from './metric-store.js';

/** Evaluates the alarms that the emulator holds, and tells it of each change: it notifies. */
export class Alarms {
  private readonly since: number;

  constructor(
    private readonly store: MetricStore,
    private readonly cloudwatch: CloudWatchClient,
    private readonly clock: () => number = Date.now,
  ) {
    this.since = clock();
  }

  async tick(): Promise<void> {
    let NextToken: string | undefined;
    do {
      const page = await this.cloudwatch.send(new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm'], MaxRecords: 100, ...(NextToken ? { NextToken } : {}) }));
      for (const alarm of page.MetricAlarms ?? []) await this.evaluate(alarm);
      NextToken = page.NextToken;
    } while (NextToken);
  }

  private async evaluate(alarm: MetricAlarm): Promise<void> {
    const { AlarmName, Namespace, MetricName, Threshold, ComparisonOperator, Period = 60, EvaluationPeriods = 1 } = alarm;
    if (!AlarmName || !Namespace || !MetricName || Threshold === undefined) return;
    const metric = { namespace: Namespace, name: MetricName, dimensions: dimensionsOf((alarm.Dimensions ?? []) as RawDimension[]) };
    const name = statisticName(alarm.Statistic ?? 'Average');
    const now = this.clock();
    const periods = EvaluationPeriods + MORE_PERIODS;
    // By the clock, as CloudWatch's, the period that is under way among them: what came a second ago is seen.
    const end = (Math.floor(now / 1000 / Period) + 1) * Period * 1000;
    const values = Array.from({ length: periods }, (_, i) => {
      const from = end - (periods - i) * Period * 1000;
      const found = this.store.between(metric, from, from + Period * 1000);
      return found === null ? null : statistic(found, name);
    });
    const rule = {
      comparison: ComparisonOperator as Comparison,
      threshold: Threshold,
      evaluationPeriods: EvaluationPeriods,
      datapointsToAlarm: alarm.DatapointsToAlarm ?? EvaluationPeriods,
      missing: (alarm.TreatMissingData ?? 'missing') as MissingData,
    };
    // What lacks from a time when nothing ran here, or when there was no alarm yet, says nothing.
    const young = now - Math.max(this.since, alarm.AlarmConfigurationUpdatedTimestamp?.getTime() ?? 0) < EvaluationPeriods * Period * 1000;
    if (young && rule.missing === 'breaching' && values.every((value) => value === null)) return;
    const before = (alarm.StateValue ?? 'INSUFFICIENT_DATA') as AlarmState;
    const { state, reason } = judge(rule, values, before);
    if (state === before) return;
    await this.cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: state, StateReason: reason }));
    console.log(`alarm ${AlarmName}: ${before} -> ${state} (${reason})`);
  }
}
