import { Duration } from 'aws-cdk-lib';
import { Color, GraphWidget, type HorizontalAnnotation, LogQueryVisualizationType, LogQueryWidget, Metric, SingleValueWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { type Dataset, type HttpSource, isFed } from '../../contracts/index.js';
import type { MetricSpec } from '../../contracts/metrics.js';
import { httpSources } from '../../datasets/index.js';
import { type Config, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';
import { metricsNamespace } from '../shared/names.js';
import type { AlarmSpec } from './spec.js';
import { HALF, THIRD } from './widths.js';

/**
 * Draws declared metrics, each alarm's threshold where its metric is. A series that is told only while something is wrong is
 * empty while all is well, and what has an alarm need not have a graph: a dashboard is free up to fifty metrics. Details are
 * no series: they are read from the log, at a cent or less a look.
 */
export class Draw {
  /** Sources that the stage checks. */
  readonly sources: readonly HttpSource[];
  readonly monitorMinutes: number;

  constructor(
    readonly config: Config,
    private readonly datasets: readonly Dataset[],
    private readonly alarms: readonly AlarmSpec[],
  ) {
    this.sources = httpSources(datasets).flatMap(({ source }) => (isOn(config, source) ? [source] : []));
    this.monitorMinutes = config.monitoring.everyMinutes;
  }

  metric(spec: MetricSpec, dimensionsMap: Record<string, string> = {}, statistic = 'Maximum', label?: string, minutes = 5): Metric {
    return new Metric({
      namespace: metricsNamespace(this.config),
      metricName: spec.name,
      dimensionsMap,
      statistic,
      period: Duration.minutes(minutes),
      ...(label === undefined ? {} : { label }),
    });
  }

  /** One of Glue's own metrics of a job. */
  glue(job: string, metricName: string, label: string, group?: string): Metric {
    return new Metric({
      namespace: 'Glue',
      metricName,
      dimensionsMap: { JobName: job, JobRunId: 'ALL', Type: 'gauge', ...(group === undefined ? {} : { ObservabilityGroup: group }) },
      statistic: 'Average',
      period: Duration.minutes(5),
      label,
    });
  }

  limit(value: number, label: string): HorizontalAnnotation {
    return { value, label, color: Color.RED };
  }

  /** Thresholds of the alarms on a metric, each once. */
  thresholds({ name }: MetricSpec): HorizontalAnnotation[] {
    const found = this.alarms.filter(({ metric }) => metric.name === name);
    return [...new Map(found.map((spec) => [spec.threshold, spec])).values()].map(({ threshold, kind }) => this.limit(threshold, `alarm ${kind}`));
  }

  text(markdown: string, width: number): TextWidget {
    return new TextWidget({ markdown, width, height: 6 });
  }

  values(title: string, metrics: Metric[]): SingleValueWidget {
    return new SingleValueWidget({ title, metrics, width: HALF, height: 4 });
  }

  graph(title: string, left: Metric[], width: number, leftAnnotations: HorizontalAnnotation[] = [], right: Metric[] = []): GraphWidget {
    return new GraphWidget({ title, left, right, width, height: 6, leftAnnotations, leftYAxis: { min: 0 } });
  }

  /** A line for each dataset, and where the alarms on it begin. */
  ofDatasets(title: string, spec: MetricSpec): GraphWidget {
    const told = spec.fed ? this.datasets.filter(isFed) : this.datasets;
    const lines = told.map(({ name }) => this.metric(spec, { Dataset: name }, 'Maximum', name));
    return this.graph(title, lines, THIRD, this.thresholds(spec));
  }

  ofSources(title: string, spec: MetricSpec, annotations: HorizontalAnnotation[]): GraphWidget {
    const lines = this.sources.map(({ name }) => this.metric(spec, { Source: name }, 'Maximum', name));
    return this.graph(title, lines, HALF, annotations);
  }

  /** The newest value of details, by what they are told of, from the log of a function. */
  newest(title: string, functionName: string, specs: readonly [MetricSpec, ...MetricSpec[]], width: number): LogQueryWidget {
    const [first] = specs;
    return new LogQueryWidget({
      title,
      logGroupNames: [`/aws/lambda/${physicalName(this.config, functionName)}`],
      view: LogQueryVisualizationType.TABLE,
      queryLines: [`filter ispresent(${first.name})`, `stats ${specs.map(({ name }) => `latest(${name})`).join(', ')}${first.of.length === 0 ? '' : ` by ${first.of.join(', ')}`}`],
      width,
      height: 6,
    });
  }
}
