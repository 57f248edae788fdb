import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Dataset, HttpSource } from '../../contracts/index.js';
import { COMPONENTS, DRIVER, INGEST, type MetricSpec, MONITOR, WATCHDOG } from '../../contracts/metrics.js';
import { httpSources } from '../../datasets/index.js';
import { type Config, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';
import { metricsNamespace } from '../shared/names.js';
import type { AlarmSpec } from './alarms.js';

const LAYERS = ['bronze', 'silver', 'gold'] as const;
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
 * on them without anybody adding it; each alarm's threshold is drawn where its metric is. A series that is told only while
 * something is wrong is empty while all is well, and what has an alarm need not have a graph: a dashboard is free up to
 * fifty metrics. Details are no series: they are read from the log, at a cent or less a look.
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

  private metric(spec: MetricSpec, dimensionsMap: Record<string, string> = {}, statistic = 'Maximum', label?: string, minutes = 5): Metric {
    return new Metric({
      namespace: metricsNamespace(this.props.config),
      metricName: spec.name,
      dimensionsMap,
      statistic,
      period: Duration.minutes(minutes),
      ...(label === undefined ? {} : { label }),
    });
  }

  /** Thresholds of the alarms on a metric, each once. */
  private thresholds({ name }: MetricSpec): HorizontalAnnotation[] {
    const found = this.props.alarms.filter(({ spec }) => spec.metric.name === name);
    return [...new Map(found.map(({ spec }) => [spec.threshold, spec])).values()].map(({ threshold, kind }) => ({ value: threshold, label: `alarm ${kind}`, color: Color.RED }));
  }

  private graph(title: string, left: Metric[], width: number, leftAnnotations: HorizontalAnnotation[] = [], right: Metric[] = []): GraphWidget {
    return new GraphWidget({ title, left, right, width, height: 6, leftAnnotations, leftYAxis: { min: 0 } });
  }

  /** The newest value of details, by what they are told of, from the log of a function. */
  private newest(title: string, functionName: string, specs: readonly MetricSpec[], width: number): LogQueryWidget {
    const [first] = specs;
    if (first === undefined) throw new Error(`${title}: no details to show`);
    return new LogQueryWidget({
      title,
      logGroupNames: [`/aws/lambda/${physicalName(this.props.config, functionName)}`],
      view: LogQueryVisualizationType.TABLE,
      queryLines: [`filter ispresent(${first.name})`, `stats ${specs.map(({ name }) => `latest(${name})`).join(', ')}${first.of.length === 0 ? '' : ` by ${first.of.join(', ')}`}`],
      width,
      height: 6,
    });
  }

  private overview(): IWidget[][] {
    const { config, datasets, alarms, jobs } = this.props;
    const health = COMPONENTS.map((Component) => this.metric(MONITOR.health, { Component }, 'Minimum', Component, config.monitoring.everyMinutes));
    const ofDatasets = (spec: MetricSpec) => datasets.map(({ name }) => this.metric(spec, { Dataset: name }, 'Maximum', name));
    return [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: alarms.map(({ alarm }) => alarm), width: FULL, height: 6 })],
      [
        new SingleValueWidget({ title: 'Component health: 1 well, 0.5 degraded, 0 failed', metrics: health, width: HALF, height: 4 }),
        new SingleValueWidget({
          title: 'Overall health; freshness by layer, minutes',
          metrics: [
            this.metric(MONITOR.pipelineHealth, {}, 'Minimum', 'overall, %'),
            ...LAYERS.map((Layer) => this.metric(MONITOR.layerFreshness, { Layer }, 'Maximum', Layer, config.monitoring.everyMinutes)),
          ],
          width: HALF,
          height: 4,
        }),
      ],
      [
        this.graph(
          'Age of what waits, minutes, by layer',
          LAYERS.map((Layer) => this.metric(MONITOR.layerFreshness, { Layer }, 'Maximum', Layer)),
          THIRD,
        ),
        this.newest('Age of what waits, minutes, by dataset', 'monitor', [MONITOR.freshnessMinutes], THIRD),
        this.newest('Failed checks, last check (seconds since 1970)', 'monitor', [MONITOR.failedChecks, MONITOR.lastRun], THIRD),
      ],
      [
        this.graph('Too old: % of what the contract allows', ofDatasets(MONITOR.freshnessPercent), THIRD, this.thresholds(MONITOR.freshnessPercent)),
        this.graph('Quality: quarantined, % of the records', ofDatasets(DRIVER.quarantinePercent), THIRD, this.thresholds(DRIVER.quarantinePercent)),
        this.newest('Canaries, age in minutes', 'monitor', [MONITOR.canaryAgeMinutes], THIRD),
      ],
      [
        this.graph(
          'Flow: rows per five minutes',
          jobs.map((Job) => this.metric(DRIVER.inputRows, { Job }, 'Sum', Job)),
          HALF,
        ),
        this.graph('Cost: USD of this month', [this.metric(MONITOR.monthToDateCost, {}, 'Maximum', 'account, so far')], HALF, [
          ...(config.monitoring.monthlyBudget === undefined ? [] : [{ value: config.monitoring.monthlyBudget, label: 'budget', color: Color.RED }]),
        ]),
      ],
    ];
  }

  private ingestion(): IWidget[][] {
    const { config, datasets } = this.props;
    const sources = httpSources(datasets).flatMap(({ source }) => (isOn(config, source) ? [source] : []));
    const ofSources = (spec: MetricSpec) => sources.map(({ name }) => this.metric(spec, { Source: name }, 'Maximum', name));
    return [
      [
        this.graph('Overdue: cadences since the last good check', ofSources(MONITOR.sourceOverdue), HALF, this.thresholds(MONITOR.sourceOverdue)),
        this.graph('Refused: the last body was set aside', ofSources(INGEST.refused), HALF),
      ],
      [this.newest('Checks, as they ended', 'ingest', [INGEST.durationMs, INGEST.good, INGEST.failed, INGEST.entries, INGEST.rejects, INGEST.produced], FULL)],
      [this.newest('Cadences since the last good check', 'monitor', [MONITOR.sourceOverdue], HALF), new TextWidget({ markdown: cadences(sources), width: HALF, height: 6 })],
    ];
  }

  private pipeline(): IWidget[][] {
    const { datasets, jobs } = this.props;
    const ofDatasets = (spec: MetricSpec) => datasets.map(({ name }) => this.metric(spec, { Dataset: name }, 'Maximum', name));
    return [
      ...jobs.map((job) => this.ofJob(job)),
      [
        this.graph('Part of retention used, %', ofDatasets(MONITOR.lagRetentionPercent), THIRD, this.thresholds(MONITOR.lagRetentionPercent)),
        this.graph('Canaries too old: % of what is allowed', ofDatasets(MONITOR.canaryPercent), THIRD, this.thresholds(MONITOR.canaryPercent)),
        this.newest('Records that wait', 'monitor', [MONITOR.lagRecords], THIRD),
      ],
      [
        this.newest('Tables: files, bytes, minutes since the last commit', 'monitor', [MONITOR.tableFiles, MONITOR.tableBytes, MONITOR.commitAgeMinutes], THIRD),
        this.newest('Gaps between batches', 'monitor', [MONITOR.offsetGaps], THIRD),
        new TextWidget({
          markdown:
            'Batches by phase are in the log of each job (`sluice logs JOB`), rows of each batch in `ops.ledger`, steps of maintenance and how long they took in `ops.maintenance`: `sluice query "SELECT * FROM ops.maintenance ORDER BY finished_at DESC LIMIT 20"`.',
          width: THIRD,
          height: 6,
        }),
      ],
    ];
  }

  private ofJob(job: string): IWidget[] {
    return [
      this.graph(
        `${job}: runs, workers alive`,
        [this.metric(WATCHDOG.jobRunning, { Job: job }, 'Minimum', 'runs')],
        6,
        [],
        [this.metric(DRIVER.workersAlive, { Job: job }, 'Minimum', 'workers alive')],
      ),
      this.graph(`${job}: minutes since a query spoke, where too many`, [this.metric(MONITOR.progressAgeMinutes, { Job: job })], 6, this.thresholds(MONITOR.progressAgeMinutes)),
      this.graph(`${job}: longest batch, ms`, [this.metric(DRIVER.batchMs, { Job: job })], 6),
      this.props.config.medallion.glueMetrics ? this.heap(job) : this.newest(`${job}: restarts, given up`, 'watchdog', [WATCHDOG.restarts, WATCHDOG.limited], 6),
    ];
  }

  /** Of Glue's own metrics, where they are switched on. */
  private heap(job: string): IWidget {
    const glue = (metricName: string, label: string, group?: string) =>
      new Metric({
        namespace: 'Glue',
        metricName,
        dimensionsMap: { JobName: job, JobRunId: 'ALL', Type: 'gauge', ...(group === undefined ? {} : { ObservabilityGroup: group }) },
        statistic: 'Average',
        period: Duration.minutes(5),
        label,
      });
    return this.graph(
      `${job}: JVM heap, CPU, executors`,
      [
        glue('glue.driver.memory.heap.used.percentage', 'driver heap', 'resource_utilization'),
        glue('glue.ALL.memory.heap.used.percentage', 'executors heap', 'resource_utilization'),
        glue('glue.driver.workerUtilization', 'worker utilisation', 'job_performance'),
      ],
      6,
      [],
      [
        glue('glue.driver.system.cpuSystemLoad', 'driver CPU'),
        glue('glue.ALL.system.cpuSystemLoad', 'executors CPU'),
        glue('glue.driver.ExecutorAllocationManager.executors.numberAllExecutors', 'executors'),
      ],
    );
  }
}

const cadences = (sources: readonly HttpSource[]): string => sources.map(({ name, cadence }) => `${name}: every ${cadence.minutes} min`).join('\n\n');
