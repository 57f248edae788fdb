import { ServiceError } from './errors.js';
import { STATISTICS, type StatisticName, type Statistics } from './metric-store.js';

export type Time = number | Date | string;
export interface RawDimension {
  readonly Name: string;
  readonly Value?: string;
}
export interface RawDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly RawDimension[];
  readonly Timestamp?: Time;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: { readonly SampleCount: number; readonly Sum: number; readonly Minimum: number; readonly Maximum: number };
}
export interface RawQuery {
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
export function millisecondsOf(time: Time): number {
  const value = typeof time === 'number' ? time * 1000 : time instanceof Date ? time.getTime() : Date.parse(time);
  if (!Number.isFinite(value)) throw new ServiceError('InvalidParameterValue', `${JSON.stringify(time)} is no time`);
  return value;
}

export const dimensionsOf = (raw: readonly RawDimension[] = []): Record<string, string> => Object.fromEntries(raw.map(({ Name, Value }) => [Name, Value ?? '']));

export function statisticsOf({ MetricName, Value, Values, Counts, StatisticValues }: RawDatum): Statistics {
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

export function statisticName(text: string): StatisticName {
  if (!(STATISTICS as readonly string[]).includes(text)) throw new ServiceError('InvalidParameterValue', `statistic ${text} is not kept here; use ${STATISTICS.join(', ')}`);
  return text as StatisticName;
}
