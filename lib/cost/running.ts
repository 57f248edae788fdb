import { type Dataset, exportingDataset } from '../../contracts/index.js';
import { seriesOf } from '../../contracts/metrics.js';
import { httpSources, lakeTables } from '../../datasets/index.js';
import { type Config, hoursAwake, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';
import { LAYOUTS } from '../medallion/layouts.js';
import type { CostItem } from './item.js';
import type { Prices } from './prices.js';
import { dpuOf, type TemplateJson } from './resources.js';
import * as usage from './usage.js';
import { HOURS } from './usage.js';

type Made = Omit<CostItem, 'resource' | 'stays' | 'dataset'> & { readonly dataset?: string };
const made = (items: readonly Made[]): CostItem[] => items.map((item) => ({ dataset: null, ...item, resource: '', stays: false }));

/** What runs of a stage, and how often a month. */
export interface Running {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly prices: Prices;
  readonly templates: readonly TemplateJson[];
}

const jobNames = (config: Config): string[] => Object.keys(LAYOUTS[config.medallion.layout]).map((name) => physicalName(config, name));
const sourcesOn = (config: Config, dataset: Dataset) => httpSources([dataset]).flatMap(({ source }) => (isOn(config, source) ? [source] : []));
const monthly = (everyMinutes: number): number => (HOURS * 60) / everyMinutes;

/** Every series that is sent, from the registry that emitters, alarms and dashboards read. */
export function metricItems({ config, datasets, prices }: Running): CostItem[] {
  const jobs = jobNames(config);
  const all = seriesOf({ datasets, jobs, sources: datasets.flatMap((dataset) => sourcesOn(config, dataset).map(({ name }) => name)) });
  const price = prices.customMetricMonth;
  const items = [null, ...datasets.map(({ name }) => name)].flatMap((dataset): CostItem[] => {
    const own = all.filter((each) => each.dataset === dataset);
    const count = (told: string) => own.filter(({ spec }) => spec.told === told).length;
    const [always, wrong] = [count('always'), count('wrong')];
    const shared = { service: 'CloudWatch', dataset, resource: '', stays: false };
    return [
      ...(always > 0 ? [{ ...shared, what: `${always} custom metrics`, monthly: always * price }] : []),
      ...(wrong > 0
        ? [{ ...shared, what: `${wrong} custom metrics that are sent while something is wrong, ${usage.WRONG_HOURS} hours`, monthly: (wrong * price * usage.WRONG_HOURS) / HOURS }]
        : []),
    ];
  });
  const glue = config.medallion.glueMetrics ? jobs.length * usage.GLUE_SERIES : 0;
  const calls = jobs.length * hoursAwake(config) * 60;
  return [
    ...items,
    ...made([
      ...(glue > 0 ? [{ service: 'CloudWatch', what: `${glue} metrics of Glue’s own`, monthly: glue * price }] : []),
      { service: 'CloudWatch', what: 'requests that send metrics', monthly: (calls * prices.metricRequestThousand) / 1000 },
    ]),
  ];
}

interface Calls {
  readonly name: keyof typeof usage.CALLS;
  readonly calls: number;
  readonly lines: number;
  readonly dataset?: string;
}

/** Calls of the functions a month, and lines that each writes. */
function callsOf({ config, datasets }: Running): Calls[] {
  const tables = datasets.flatMap((dataset) => dataset.tables).length;
  const jobs = jobNames(config).length;
  const sources = datasets.reduce((sum, dataset) => sum + sourcesOn(config, dataset).length, 0);
  return [
    { name: 'monitor', calls: monthly(config.monitoring.everyMinutes), lines: 15 + tables + 4 * datasets.length + sources },
    { name: 'watchdog', calls: monthly(config.medallion.watchdogMinutes), lines: 1 + jobs },
    { name: 'flow', calls: 2 * HOURS, lines: 1 },
    ...(config.export.schedule && exportingDataset(datasets) !== null ? [{ name: 'publish', calls: monthly(config.export.everyMinutes), lines: 1 } as const] : []),
    ...datasets.flatMap((dataset): Calls[] => {
      const checks = sourcesOn(config, dataset).reduce((sum, { cadence }) => sum + monthly(cadence.minutes), 0);
      const operators = dataset.sources.filter(({ kind }) => kind === 'operator').length * HOURS;
      return checks + operators === 0 ? [] : [{ name: 'ingest', calls: checks + operators, lines: 1, dataset: dataset.name }];
    }),
  ];
}

/** Functions, the hourly flow, what they write to the logs, and what starts them. */
export function functionItems(running: Running): CostItem[] {
  const { config, prices } = running;
  const { lambdaGbSecond, lambdaMillion, logIngestionGb, logStorageGbMonth, stateTransitionThousand, schedulerMillion } = prices;
  const calls = callsOf(running);
  const functions = calls.map(({ name, calls: count, dataset }): Made => {
    const { seconds, mib } = usage.CALLS[name];
    return {
      service: 'Lambda',
      what: `${Math.round(count)} calls of ${name}`,
      monthly: count * (((seconds * mib) / 1024) * lambdaGbSecond + lambdaMillion / 1e6),
      ...(dataset ? { dataset } : {}),
    };
  });
  const checks = calls.filter(({ name }) => name === 'ingest').reduce((sum, { calls: count }) => sum + count, 0);
  const looks = exportingDataset(running.datasets) === null ? 0 : monthly(config.export.everyMinutes);
  const schedules = monthly(config.monitoring.everyMinutes) + monthly(config.medallion.watchdogMinutes) + looks + HOURS;
  const { line, call, driverHour, flowSource, network } = usage.LOG_BYTES;
  const bytes =
    calls.reduce((sum, { calls: count, lines }) => sum + count * (call + lines * line), 0) +
    jobNames(config).length * hoursAwake(config) * driverHour +
    checks * flowSource +
    network;
  const gb = bytes / 1e9;
  return made([
    ...functions,
    { service: 'Step Functions', what: 'transitions of the hourly flow', monthly: ((4 * HOURS + checks) * stateTransitionThousand) / 1000 },
    { service: 'Scheduler', what: `${Math.round(schedules)} calls`, monthly: (schedules * schedulerMillion) / 1e6 },
    { service: 'CloudWatch', what: `${gb.toFixed(1)} GB of logs, taken and kept a month`, monthly: gb * (logIngestionGb + usage.LOG_MONTHS * logStorageGbMonth) },
  ]);
}

/** What the monitor asks of Athena and S3, and what drivers and functions keep in the state table. */
export function lookItems({ config, datasets, prices }: Running): CostItem[] {
  const runs = monthly(config.monitoring.everyMinutes);
  const query = runs * usage.ATHENA_LEAST_TB * prices.athenaTb;
  const look = (tables: number) => (runs * tables * (prices.s3WriteThousand + 3 * prices.s3ReadThousand)) / 1000;
  const jobs = jobNames(config).length;
  const awake = hoursAwake(config) * 3600;
  const writes = (jobs * awake) / usage.POSITION_SECONDS;
  const reads = (3 * awake) / usage.LEASE_SECONDS + runs * (lakeTables().length + 20);
  return made([
    { service: 'Athena', what: 'queries of the monitor: ledger, gaps, rules', monthly: 3 * query },
    ...datasets.map((dataset) => ({ service: 'Athena', what: 'queries of the monitor', monthly: (sourcesOn(config, dataset).length > 0 ? 2 : 1) * query, dataset: dataset.name })),
    ...datasets.map(({ name, tables }) => ({ service: 'S3', what: 'requests of the monitor', monthly: look(tables.length), dataset: name })),
    { service: 'DynamoDB', what: `positions and leases of ${jobs} drivers`, monthly: (writes * prices.dynamoWriteMillion + reads * prices.dynamoReadMillion) / 1e6 },
  ]);
}

/** The exports that the schedule starts, as if each found Gold changed. */
export function exportItems({ config, datasets, prices, templates }: Running): CostItem[] {
  const exporting = exportingDataset(datasets);
  if (!config.export.schedule || exporting === null) return [];
  // Gold changes while its job runs, and no sooner.
  const runs = monthly(config.export.everyMinutes) * (hoursAwake(config) / HOURS);
  return templates.flatMap(({ Resources = {} }) =>
    Object.entries(Resources).flatMap(([resource, { Type, Properties = {} }]): CostItem[] => {
      if (Type !== 'AWS::Glue::Job' || Properties.Name !== physicalName(config, 'export')) return [];
      const hourly = Properties.ExecutionClass === 'FLEX' ? prices.glueFlexDpuHour : prices.glueDpuHour;
      const what = `${Math.round(runs)} exports at most: ${String(Properties.NumberOfWorkers)} workers ${String(Properties.WorkerType)}, ${usage.EXPORT_MINUTES} min each`;
      return [{ service: 'Glue', what, monthly: (runs * dpuOf(Properties) * hourly * usage.EXPORT_MINUTES) / 60, dataset: exporting.name, resource, stays: false }];
    }),
  );
}

/** What versions of objects and daily copies keep, where a profile or a setting asks for them. */
export function backupItems({ config: { backup, capabilities }, prices }: Running): CostItem[] {
  const { versionsDays, dailyDays } = capabilities.backup ? backup : {};
  const rewritten = (days: number) => days * usage.REWRITTEN_GB_A_DAY;
  return made([
    ...(versionsDays === undefined
      ? []
      : [{ service: 'S3', what: `versions of ${versionsDays} days: ${rewritten(versionsDays)} GB`, monthly: rewritten(versionsDays) * prices.s3GbMonth }]),
    ...(dailyDays === undefined
      ? []
      : [
          {
            service: 'Backup',
            what: `daily copies, kept ${dailyDays} days: ${usage.LAKE_GB + rewritten(dailyDays)} GB`,
            monthly: (usage.LAKE_GB + rewritten(dailyDays)) * prices.backupGbMonth,
          },
        ]),
  ]);
}

/** What a young lake holds, the keys of its sources, and what goes through the NAT. */
export function heldItems({ config, datasets, prices, templates }: Running): CostItem[] {
  const secrets = datasets.flatMap((dataset) => sourcesOn(config, dataset).flatMap(({ key }) => (key === undefined ? [] : [{ dataset: dataset.name, secret: key.secret }])));
  const gateways = templates.flatMap(({ Resources = {} }) => Object.values(Resources)).filter(({ Type }) => Type === 'AWS::EC2::NatGateway').length;
  return made([
    { service: 'S3', what: `${usage.LAKE_GB} GB`, monthly: usage.LAKE_GB * prices.s3GbMonth },
    ...(gateways > 0 ? [{ service: 'VPC', what: `${usage.FEED_GB} GB through the NAT gateway`, monthly: usage.FEED_GB * prices.natGatewayGb }] : []),
    ...[...new Map(secrets.map((each) => [each.secret, each])).values()].map(({ secret, dataset }) => ({
      service: 'Secrets Manager',
      what: `key of ${secret}`,
      monthly: prices.secretMonth,
      dataset,
    })),
  ]);
}
