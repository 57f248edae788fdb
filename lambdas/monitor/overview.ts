import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MONITOR } from '../../contracts/metrics.js';
import { WRITERS, type Writer } from '../../contracts/writers.js';
import type { Report } from './monitor.js';
import { type Pace, paceWords } from './pace.js';
import { reported } from './reported.js';
import { type Found, MonitorState } from './state.js';

export interface AlarmOverview {
  /** Without app and stage. */
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Epoch milliseconds. */
  readonly since: number;
  readonly description: string;
}

/** What there is to say of a stage: the monitor's last report, and the alarms. */
export interface Overview extends Found {
  /** `sluice-dev`. */
  readonly stage: string;
  readonly alarms: readonly AlarmOverview[];
  /** Empty where the monitor has not run yet. */
  readonly progress: readonly Progress[];
}

export interface OverviewDeps {
  readonly dynamo: DynamoDBClient;
  readonly cloudwatch: CloudWatchClient;
  readonly stateTable: string;
  /** What the names of the stage's alarms begin with. */
  readonly prefix: string;
}

export async function gatherOverview({ dynamo, cloudwatch, stateTable, prefix }: OverviewDeps): Promise<Overview> {
  const found = await new MonitorState(dynamo, stateTable).found();
  const alarms: AlarmOverview[] = [];
  let NextToken: string | undefined;
  do {
    const page = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm'], MaxRecords: 100, ...(NextToken ? { NextToken } : {}) }));
    for (const { AlarmName = '', StateValue = 'INSUFFICIENT_DATA', StateUpdatedTimestamp, AlarmDescription = '' } of page.MetricAlarms ?? [])
      alarms.push({ name: AlarmName.slice(prefix.length), state: StateValue, since: StateUpdatedTimestamp?.getTime() ?? 0, description: AlarmDescription });
    NextToken = page.NextToken;
  } while (NextToken);
  return {
    stage: prefix.replace(/-$/, ''),
    ...found,
    progress: found.report === null ? [] : progressOf(found.report),
    alarms: alarms.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Names that people who scrape expect; others are the metric's own in snake case. */
const PROMETHEUS_NAMES: Readonly<Record<string, string>> = { [MONITOR.health.name]: 'component_health', [MONITOR.pipelineHealth.name]: 'pipeline_health' };
const LEFT_OUT: ReadonlySet<string> = new Set([MONITOR.run.name, MONITOR.lastRun.name]);

const snake = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
const label = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const text = Object.entries(labels)
    .map(([key, each]) => `${snake(key)}="${label(each)}"`)
    .join(',');
  return `${name}${text === '' ? '' : `{${text}}`} ${value}`;
};

/** The overview in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function prometheus({ report, alarms, failedChecksTotal, runsTotal }: Overview): string {
  const families = new Map<string, { readonly type: 'gauge' | 'counter'; readonly help: string; readonly samples: string[] }>();
  const add = (name: string, type: 'gauge' | 'counter', help: string, labels: Readonly<Record<string, string>>, value: number) => {
    const family = families.get(name) ?? { type, help, samples: [] };
    families.set(name, family);
    family.samples.push(sample(name, labels, value));
  };
  add('failed_checks_total', 'counter', 'Checks of the monitor that failed', {}, failedChecksTotal);
  add('monitor_runs_total', 'counter', 'Runs of the monitor', {}, runsTotal);
  add('last_run_timestamp', 'gauge', 'When the monitor last ended, seconds since 1970; 0 where it never ran', {}, report === null ? 0 : report.finishedAt / 1000);
  for (const { name, dimensions, value } of report?.metrics ?? []) {
    if (!LEFT_OUT.has(name)) add(PROMETHEUS_NAMES[name] ?? snake(name), 'gauge', `${name}, as in CloudWatch`, dimensions, value);
  }
  for (const { name, state } of alarms) add('alarm_firing', 'gauge', '1 where the alarm is in state ALARM', { alarm: name }, Number(state === 'ALARM'));
  return `${[...families].flatMap(([name, { type, help, samples }]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples]).join('\n')}\n`;
}

/** How far a layer of a dataset is behind, and when it will be done. */
export interface Progress extends Omit<Pace, 'course'> {
  readonly dataset: string;
  readonly layer: Writer;
}

/** Of each layer that there is, as the monitor found it. */
export function progressOf({ metrics }: Report): Progress[] {
  const found = metrics.filter(({ name }) => name === MONITOR.freshnessMinutes.name);
  return found.flatMap(({ dimensions }) => {
    const layer = WRITERS.find((each) => each === dimensions.Layer);
    if (layer === undefined || dimensions.Dataset === undefined) return [];
    const of = ({ name }: { readonly name: string }) => reported(metrics, name, dimensions);
    return [{ dataset: dimensions.Dataset, layer, behind: of(MONITOR.lagRecords), perSecond: of(MONITOR.recordsPerSecond), secondsLeft: of(MONITOR.secondsLeft) }];
  });
}

/** Of each layer that is behind, in words: dataset, layer, records behind, records a second, time left. */
export const progressRows = (progress: readonly Progress[]): string[][] =>
  progress.filter(({ behind }) => behind !== 0).map(({ dataset, layer, ...pace }) => [dataset, layer, ...paceWords(pace)]);

/** Minutes by dataset and layer. */
export function freshnessMatrix(report: Report): { readonly dataset: string; readonly minutes: Readonly<Record<Writer, number | null>> }[] {
  const datasets = [...new Set(report.metrics.flatMap(({ name, dimensions }) => (name === MONITOR.freshnessMinutes.name && dimensions.Dataset ? [dimensions.Dataset] : [])))];
  const of = (Dataset: string, Layer: string) => reported(report.metrics, MONITOR.freshnessMinutes.name, { Dataset, Layer });
  return datasets.map((dataset) => ({ dataset, minutes: { bronze: of(dataset, 'bronze'), silver: of(dataset, 'silver'), gold: of(dataset, 'gold') } }));
}
