import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IWidget,
  Metric,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Dataset, httpSources } from '../../contracts/index.js';
import { DRIVER_METRICS, INGEST_METRICS, MONITOR_METRICS, WATCHDOG_METRICS } from '../../lambdas/shared/metrics.js';
import { type Config, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';
import { metricsNamespace } from '../shared/names.js';
import type { AlarmSpec } from './alarms.js';

const LAYERS = ['bronze', 'silver', 'gold'] as const;
const COMPONENTS = ['Storage', 'Kafka', 'Spark', 'Bronze', 'Silver', 'Gold'] as const;
const FULL = 24;
const HALF = 12;
const THIRD = 8;

export interface DashboardsProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly alarms: readonly { readonly spec: AlarmSpec; readonly alarm: Alarm }[];
  /** Full names of the streaming jobs. */
  readonly jobs: readonly string[];
}

/**
 * Three dashboards, made of the contracts and the alarms: overview, ingestion, pipeline. A new dataset, source or job is
 * on them without anybody adding it; each alarm's threshold is drawn where its metric is.
 */
export class Dashboards extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: DashboardsProps,
  ) {
    super(scope, id);
    this.dashboard('overview', this.overview());
    this.dashboard('ingestion', this.ingestion());
    this.dashboard('pipeline', this.pipeline());
  }

  private dashboard(name: string, widgets: IWidget[][]): void {
    new Dashboard(this, name, { dashboardName: physicalName(this.props.config, name), widgets });
  }

  private metric(metricName: string, dimensionsMap: Record<string, string> = {}, statistic = 'Maximum', label?: string, minutes = 5): Metric {
    return new Metric({
      namespace: metricsNamespace(this.props.config),
      metricName,
      dimensionsMap,
      statistic,
      period: Duration.minutes(minutes),
      ...(label === undefined ? {} : { label }),
    });
  }

  /** Thresholds of the alarms on a metric, each once. */
  private thresholds(metricName: string, matches: (dimensions: Readonly<Record<string, string>>) => boolean = () => true): HorizontalAnnotation[] {
    const found = this.props.alarms.filter(({ spec }) => spec.metric.name === metricName && matches(spec.metric.dimensions));
    return [...new Map(found.map(({ spec }) => [spec.threshold, spec])).values()].map(({ threshold, kind }) => ({ value: threshold, label: `alarm ${kind}`, color: Color.RED }));
  }

  private graph(title: string, left: Metric[], width: number, leftAnnotations: HorizontalAnnotation[] = [], right: Metric[] = []): GraphWidget {
    return new GraphWidget({ title, left, right, width, height: 6, leftAnnotations, leftYAxis: { min: 0 } });
  }

  private overview(): IWidget[][] {
    const { config, datasets, alarms } = this.props;
    const health = COMPONENTS.map((Component) => this.metric(MONITOR_METRICS.health, { Component }, 'Minimum', Component, config.monitoring.everyMinutes));
    const each = (name: string, layers: readonly string[], statistic = 'Maximum') =>
      datasets.flatMap((dataset) => layers.map((Layer) => this.metric(name, { Dataset: dataset.name, Layer }, statistic, `${dataset.name} ${Layer}`)));
    return [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: alarms.map(({ alarm }) => alarm), width: FULL, height: 6 })],
      [
        new SingleValueWidget({ title: 'Component health: 1 well, 0.5 degraded, 0 failed', metrics: health, width: HALF, height: 4 }),
        new SingleValueWidget({
          title: 'Overall health, failed checks, last check (seconds since 1970)',
          metrics: [
            this.metric(MONITOR_METRICS.pipelineHealth, {}, 'Minimum', 'overall, %'),
            this.metric(MONITOR_METRICS.failedChecks, {}, 'Maximum', 'failed checks'),
            this.metric(MONITOR_METRICS.lastRun, {}, 'Maximum', 'last check'),
          ],
          width: HALF,
          height: 4,
          fullPrecision: true,
        }),
      ],
      [new SingleValueWidget({ title: 'Freshness, minutes', metrics: each(MONITOR_METRICS.freshnessMinutes, LAYERS), width: FULL, height: 4 })],
      [
        this.graph('Age of what waits, minutes', each(MONITOR_METRICS.freshnessMinutes, LAYERS), HALF, this.thresholds(MONITOR_METRICS.freshnessMinutes)),
        this.graph('Canaries, age in minutes', each(MONITOR_METRICS.canaryAgeMinutes, LAYERS), HALF, this.thresholds(MONITOR_METRICS.canaryAgeMinutes)),
      ],
      [
        this.graph('Flow: rows per five minutes', each(DRIVER_METRICS.inputRows, ['bronze', 'silver'], 'Sum'), THIRD),
        this.graph(
          'Quality: quarantined, % of a batch; residual',
          each(DRIVER_METRICS.quarantinePercent, ['silver']),
          THIRD,
          this.thresholds(DRIVER_METRICS.quarantinePercent),
          each(DRIVER_METRICS.residual, ['silver']),
        ),
        this.graph('Cost: USD of this month', [this.metric(MONITOR_METRICS.monthToDateCost, {}, 'Maximum', 'account, so far')], THIRD, [
          ...(config.monitoring.monthlyBudget === undefined ? [] : [{ value: config.monitoring.monthlyBudget, label: 'budget', color: Color.RED }]),
        ]),
      ],
    ];
  }

  private ingestion(): IWidget[][] {
    const { config, datasets } = this.props;
    const sources = httpSources(datasets).flatMap(({ source }) => (isOn(config, source) ? [source] : []));
    const of = (Source: string) => (name: string, statistic: string, label: string) => this.metric(name, { Source }, statistic, label);
    return sources.map(({ name, cadence }) => {
      const metric = of(name);
      return [
        new TextWidget({ markdown: `### ${name}\nevery ${cadence.minutes} min`, width: 4, height: 6 }),
        this.graph(
          'Outcome',
          [metric(INGEST_METRICS.good, 'Sum', 'good'), metric(INGEST_METRICS.failed, 'Sum', 'failed'), metric(INGEST_METRICS.refused, 'Maximum', 'refused')],
          5,
        ),
        this.graph('Duration, ms', [metric(INGEST_METRICS.durationMs, 'Maximum', 'check')], 5),
        this.graph('Entries, rejects', [metric(INGEST_METRICS.entries, 'Maximum', 'entries')], 5, [], [metric(INGEST_METRICS.rejects, 'Maximum', 'rejects')]),
        this.graph(
          'Cadences since the last good check',
          [metric(MONITOR_METRICS.sourceOverdue, 'Maximum', 'overdue')],
          5,
          this.thresholds(MONITOR_METRICS.sourceOverdue, ({ Source }) => Source === name),
        ),
      ];
    });
  }

  private pipeline(): IWidget[][] {
    const { datasets, jobs } = this.props;
    const rows = datasets.flatMap((dataset): IWidget[][] => {
      const at = (name: string, layers: readonly string[], statistic: string, suffix = '') =>
        layers.map((Layer) => this.metric(name, { Dataset: dataset.name, Layer }, statistic, `${Layer}${suffix}`));
      const gold = dataset.tables.filter(({ writer }) => writer === 'gold');
      const ofTables = (name: string, statistic: string, suffix = '') =>
        gold.map((table) => this.metric(name, { Dataset: table.name, Layer: table.layer }, statistic, `${table.layer}.${table.name}${suffix}`));
      const everywhere = ['bronze', 'silver', 'quarantine'];
      const phase = (name: string, suffix: string) => [...at(name, ['bronze', 'silver'], 'Average', suffix), ...ofTables(name, 'Average', suffix)];
      return [
        [
          this.graph(`${dataset.name}: rows`, [...at(DRIVER_METRICS.inputRows, ['bronze', 'silver'], 'Sum'), ...ofTables(DRIVER_METRICS.inputRows, 'Sum')], 6),
          this.graph(`${dataset.name}: records that wait`, at(MONITOR_METRICS.lagRecords, ['bronze', 'silver'], 'Maximum'), 6),
          this.graph(
            `${dataset.name}: part of retention used, %`,
            [this.metric(MONITOR_METRICS.lagRetentionPercent, { Dataset: dataset.name })],
            6,
            this.thresholds(MONITOR_METRICS.lagRetentionPercent),
          ),
          this.graph(`${dataset.name}: batch, ms`, phase(DRIVER_METRICS.batchMs, ''), 6),
        ],
        [
          this.graph(
            `${dataset.name}: batch by phase, ms`,
            [...phase(DRIVER_METRICS.readMs, ' reading'), ...phase(DRIVER_METRICS.writeMs, ' writing'), ...phase(DRIVER_METRICS.commitMs, ' commit')],
            6,
          ),
          this.graph(
            `${dataset.name}: files`,
            [...at(MONITOR_METRICS.tableFiles, everywhere, 'Maximum'), ...ofTables(MONITOR_METRICS.tableFiles, 'Maximum')],
            6,
            [],
            [...at(MONITOR_METRICS.tableBytes, everywhere, 'Maximum', ' bytes'), ...ofTables(MONITOR_METRICS.tableBytes, 'Maximum', ' bytes')],
          ),
          this.graph(
            `${dataset.name}: age of the last commit, minutes`,
            [...at(MONITOR_METRICS.commitAgeMinutes, everywhere, 'Maximum'), ...ofTables(MONITOR_METRICS.commitAgeMinutes, 'Maximum')],
            6,
          ),
          this.graph(`${dataset.name}: maintenance, ms`, [...at(DRIVER_METRICS.maintenanceMs, everywhere, 'Maximum'), ...ofTables(DRIVER_METRICS.maintenanceMs, 'Maximum')], 6),
        ],
      ];
    });
    const glue = (JobName: string, metricName: string, label: string, group?: string) =>
      new Metric({
        namespace: 'Glue',
        metricName,
        dimensionsMap: { JobName, JobRunId: 'ALL', Type: 'gauge', ...(group === undefined ? {} : { ObservabilityGroup: group }) },
        statistic: 'Average',
        period: Duration.minutes(5),
        label,
      });
    const ofJobs = jobs.map((job): IWidget[] => [
      this.graph(
        `${job}: runs, restarts`,
        [this.metric(WATCHDOG_METRICS.jobRunning, { Job: job }, 'Minimum', 'runs')],
        6,
        [],
        [this.metric(WATCHDOG_METRICS.restarts, { Job: job }, 'Sum', 'restarts'), this.metric(WATCHDOG_METRICS.limited, { Job: job }, 'Maximum', 'given up')],
      ),
      this.graph(
        `${job}: minutes since a query spoke`,
        [this.metric(MONITOR_METRICS.progressAgeMinutes, { Job: job })],
        6,
        this.thresholds(MONITOR_METRICS.progressAgeMinutes, ({ Job }) => Job === job),
      ),
      this.graph(
        `${job}: workers alive, cores, use of workers`,
        [
          this.metric(DRIVER_METRICS.workersAlive, { Job: job }, 'Minimum', 'workers alive'),
          this.metric(DRIVER_METRICS.cores, { Job: job }, 'Minimum', 'cores'),
          glue(job, 'glue.driver.ExecutorAllocationManager.executors.numberAllExecutors', 'executors wanted'),
        ],
        6,
        [],
        [glue(job, 'glue.driver.workerUtilization', 'worker utilisation', 'job_performance')],
      ),
      this.graph(
        `${job}: JVM heap, CPU`,
        [
          glue(job, 'glue.driver.memory.heap.used.percentage', 'driver heap', 'resource_utilization'),
          glue(job, 'glue.ALL.memory.heap.used.percentage', 'executors heap', 'resource_utilization'),
        ],
        6,
        [],
        [glue(job, 'glue.driver.system.cpuSystemLoad', 'driver CPU'), glue(job, 'glue.ALL.system.cpuSystemLoad', 'executors CPU')],
      ),
    ]);
    return [...rows, ...ofJobs];
  }
}
