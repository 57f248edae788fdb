import { dimensionsOf, millisecondsOf, type RawDatum, type RawDimension, type RawQuery, statisticName, statisticsOf, type Time } from './cloudwatch-input.js';
import { ServiceError } from './errors.js';
import { type Metric, type MetricStore, type Statistics, statistic } from './metric-store.js';

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
