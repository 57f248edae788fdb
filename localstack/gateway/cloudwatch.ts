import { createHash } from 'node:crypto';
import { type CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { type CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueAttributesCommand, ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type AlarmState, type Comparison, judge, type MissingData, MORE_PERIODS } from './alarm-state.js';
import { embeddedValues } from './embedded.js';
import { ServiceError } from './errors.js';
import { type Metric, type MetricStore, STATISTICS, type StatisticName, type Statistics, statistic } from './metric-store.js';

type Time = number | Date | string;
interface RawDimension {
  readonly Name: string;
  readonly Value?: string;
}
interface RawDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly RawDimension[];
  readonly Timestamp?: Time;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: { readonly SampleCount: number; readonly Sum: number; readonly Minimum: number; readonly Maximum: number };
}
interface RawQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: readonly RawDimension[] };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** Of a JSON number in seconds, an ISO text, or a CBOR date. */
function millisecondsOf(time: Time): number {
  const value = typeof time === 'number' ? time * 1000 : time instanceof Date ? time.getTime() : Date.parse(time);
  if (!Number.isFinite(value)) throw new ServiceError('InvalidParameterValue', `${JSON.stringify(time)} is no time`);
  return value;
}

const dimensionsOf = (raw: readonly RawDimension[] = []): Record<string, string> => Object.fromEntries(raw.map(({ Name, Value }) => [Name, Value ?? '']));

function statisticsOf({ MetricName, Value, Values, Counts, StatisticValues }: RawDatum): Statistics {
  if (StatisticValues) return { count: StatisticValues.SampleCount, sum: StatisticValues.Sum, min: StatisticValues.Minimum, max: StatisticValues.Maximum };
  const values = Values ?? (Value === undefined ? [] : [Value]);
  if (values.length === 0) throw new ServiceError('MissingParameter', `metric ${MetricName} has no value`);
  const count = (i: number) => Counts?.[i] ?? 1;
  return {
    count: values.reduce((sum, _, i) => sum + count(i), 0),
    sum: values.reduce((sum, value, i) => sum + value * count(i), 0),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

function statisticName(text: string): StatisticName {
  if (!(STATISTICS as readonly string[]).includes(text)) throw new ServiceError('InvalidParameterValue', `statistic ${text} is not kept here; use ${STATISTICS.join(', ')}`);
  return text as StatisticName;
}

/** CloudWatch's metrics, kept here instead of by the emulator, whose own evaluation of alarms knows no dimensions, no M of N and no missing data. */
export class CloudWatchMetrics {
  constructor(private readonly store: MetricStore) {}

  readonly operations: Readonly<Record<string, (input: never) => unknown>> = {
    PutMetricData: ({ Namespace, MetricData = [] }: { Namespace: string; MetricData?: readonly RawDatum[] }) => {
      for (const datum of MetricData) {
        const metric = { namespace: Namespace, name: datum.MetricName, dimensions: dimensionsOf(datum.Dimensions) };
        this.store.put(metric, statisticsOf(datum), datum.Timestamp === undefined ? undefined : millisecondsOf(datum.Timestamp));
      }
      return {};
    },
    GetMetricData: (input: { MetricDataQueries: readonly RawQuery[]; StartTime: Time; EndTime: Time; ScanBy?: string }) => this.metricData(input),
    GetMetricStatistics: (input: {
      Namespace: string;
      MetricName: string;
      Dimensions?: readonly RawDimension[];
      StartTime: Time;
      EndTime: Time;
      Period: number;
      Statistics?: readonly string[];
    }) => {
      const metric = { namespace: input.Namespace, name: input.MetricName, dimensions: dimensionsOf(input.Dimensions) };
      const Datapoints = this.periods(metric, input.StartTime, input.EndTime, input.Period).map(([time, values]) => ({
        Timestamp: time / 1000,
        ...Object.fromEntries((input.Statistics ?? []).map((name) => [name, statistic(values, statisticName(name))])),
      }));
      return { Label: input.MetricName, Datapoints };
    },
    ListMetrics: (input: { Namespace?: string; MetricName?: string; Dimensions?: readonly RawDimension[] }) => ({
      Metrics: this.store
        .list(
          ({ namespace, name, dimensions }) =>
            (input.Namespace ?? namespace) === namespace &&
            (input.MetricName ?? name) === name &&
            (input.Dimensions ?? []).every(({ Name, Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value)),
        )
        .map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
    }),
  };

  private periods(metric: Metric, start: Time, end: Time, seconds: number): [number, Statistics][] {
    const period = seconds * 1000;
    if (!(period > 0)) throw new ServiceError('InvalidParameterValue', `a period of ${seconds} s is none`);
    const found: [number, Statistics][] = [];
    for (let from = Math.floor(millisecondsOf(start) / period) * period; from < millisecondsOf(end); from += period) {
      const values = this.store.between(metric, from, from + period);
      if (values !== null) found.push([from, values]);
    }
    return found;
  }

  private metricData({ MetricDataQueries, StartTime, EndTime, ScanBy }: { MetricDataQueries: readonly RawQuery[]; StartTime: Time; EndTime: Time; ScanBy?: string }): unknown {
    const MetricDataResults = MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false).map(({ Id, Label, Expression, MetricStat }) => {
      if (MetricStat === undefined) throw new ServiceError('ValidationError', `query ${Id} is an expression (${Expression}): metric math is not computed here`);
      const { Metric: raw, Period, Stat } = MetricStat;
      const name = statisticName(Stat);
      const points = this.periods({ namespace: raw.Namespace, name: raw.MetricName, dimensions: dimensionsOf(raw.Dimensions) }, StartTime, EndTime, Period);
      if (ScanBy !== 'TimestampAscending') points.reverse();
      return {
        Id,
        Label: Label ?? raw.MetricName,
        Timestamps: points.map(([time]) => time / 1000),
        Values: points.map(([, values]) => statistic(values, name)),
        StatusCode: 'Complete',
      };
    });
    return { MetricDataResults, Messages: [] };
  }
}

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

const LOGS = '/aws/lambda/';
/** Log events may arrive out of order by this much. */
const OVERLAP_MS = 30_000;

/** Makes metrics of the embedded-metric lines that functions log, each once. */
export class EmbeddedMetrics {
  private since: number;
  private seen = new Map<string, number>();

  constructor(
    private readonly store: MetricStore,
    private readonly logs: CloudWatchLogsClient,
    private readonly clock: () => number = Date.now,
  ) {
    this.since = clock() - OVERLAP_MS;
  }

  async tick(): Promise<void> {
    const began = this.clock();
    const { logGroups = [] } = await this.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: LOGS }));
    for (const { logGroupName } of logGroups) if (logGroupName) await this.read(logGroupName);
    this.since = began - OVERLAP_MS;
    for (const [id, time] of this.seen) if (time < this.since) this.seen.delete(id);
  }

  private async read(logGroupName: string): Promise<void> {
    let nextToken: string | undefined;
    do {
      const page = await this.logs.send(new FilterLogEventsCommand({ logGroupName, startTime: this.since, ...(nextToken ? { nextToken } : {}) }));
      for (const { eventId = '', timestamp = 0, message = '', logStreamName = '' } of page.events ?? []) {
        const values = embeddedValues(message);
        if (values.length === 0) continue;
        // The emulator gives no event ids, and one time to all lines of an invocation.
        const id = createHash('sha256').update(`${logStreamName}/${timestamp}/${eventId}/${message}`).digest('base64');
        if (this.seen.has(id)) continue;
        this.seen.set(id, timestamp);
        for (const { metric, values: numbers, timestamp: at } of values)
          this.store.put(metric, { count: numbers.length, sum: numbers.reduce((sum, each) => sum + each, 0), min: Math.min(...numbers), max: Math.max(...numbers) }, at);
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
}

/** AWS/SQS's count of waiting messages, which the emulator does not publish. */
export class QueueMetrics {
  constructor(
    private readonly store: MetricStore,
    private readonly sqs: SQSClient,
  ) {}

  async tick(): Promise<void> {
    const { QueueUrls = [] } = await this.sqs.send(new ListQueuesCommand({}));
    for (const QueueUrl of QueueUrls) {
      const { Attributes } = await this.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }));
      const value = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      const QueueName = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
      this.store.put({ namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName } }, { count: 1, sum: value, min: value, max: value });
    }
  }
}

/** Calls `work` again and again, `everyMs` after its last end. What goes wrong is logged: the emulator may be restarting. */
export function forever(name: string, everyMs: number, work: () => Promise<void>): void {
  let failing = false;
  const again = async () => {
    try {
      await work();
      failing = false;
    } catch (cause) {
      if (!failing) console.error(`${name}: ${(cause as Error).message}`);
      failing = true;
    }
    setTimeout(() => void again(), everyMs);
  };
  void again();
}
