import { type Dataset, freshnessLimits, isFed } from '../../contracts/index.js';
import { DRIVER, INGEST, type MetricSpec, MONITOR, OVERDUE_CADENCES, STALL_MINUTES, WATCHDOG } from '../../contracts/metrics.js';
import { httpSources } from '../../datasets/index.js';
import { canarySlack } from '../../lambdas/monitor/quality-check.js';
import { type Config, canaryMinutes, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';

export type Severity = Dataset['service']['severity'];

/** What a missing value means, and why. */
export interface Missing {
  readonly treat: 'breaching' | 'notBreaching' | 'ignore';
  readonly because: string;
}

/** An alarm: a section of docs/runbook.md for each `kind`. */
export interface AlarmSpec {
  /** Its name without app and stage. */
  readonly name: string;
  /** The section of the runbook. */
  readonly kind: string;
  /** What is wrong, and what it means. */
  readonly says: string;
  /** The first command to run. */
  readonly command: string;
  readonly severity: Severity;
  readonly owner: string;
  /** The dataset it is about; null where it is about what all stand on. */
  readonly dataset: string | null;
  /** Whether the dataset's composite alarm speaks for it, where there are such: it is of the dataset's own severity. */
  readonly together: boolean;
  readonly metric: {
    readonly namespace?: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly statistic: 'Maximum' | 'Minimum' | 'Sum';
    readonly periodSeconds: number;
  };
  readonly comparison: '>' | '>=' | '<';
  readonly threshold: number;
  /** M of N: this many of the last `of` periods. */
  readonly datapoints: number;
  readonly of: number;
  readonly missing: Missing;
}

const MINUTE = 60;
/**
 * What the monitor measures is looked at by the minute, not by its interval: missing minutes change nothing, and the
 * first look after something was mended clears the alarm, even one by hand. What is well is not sent: it would be billed.
 */
const LOOK = MINUTE;
/** The flow runs by the hour: while each run fails, the alarm stays. */
const FLOW_PERIOD = 60 * MINUTE;
const SILENT_MONITOR: Missing = { treat: 'ignore', because: 'the monitor measures it: where that is silent, monitor-silent says so, and this says nothing new' };
const HEARTBEAT: Missing = { treat: 'breaching', because: 'silence is the failure' };
const NO_BATCH: Missing = { treat: 'notBreaching', because: 'a batch that did not come broke nothing; freshness watches whether batches come' };

const kebab = (text: string): string => text.replaceAll('_', '-');

export interface AlarmScope {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  /** Names without app and stage. */
  readonly jobs: readonly string[];
  readonly deadLetterQueues: readonly string[];
  /** ARN of the hourly flow's state machine. */
  readonly flowArn: string;
}

/** Every alarm of a stage. A new dataset, source or job has its own without anybody adding one. */
export function alarmsOf(scope: AlarmScope): AlarmSpec[] {
  const ofDatasets = scope.datasets.flatMap((dataset) => {
    const { severity } = dataset.service;
    return [...datasetAlarms(dataset, scope.config), ...sourceAlarms(dataset, scope.config)].map((spec) => ({
      ...spec,
      together: spec.severity === severity && severity !== 'notice',
    }));
  });
  return [...platformAlarms(scope), ...ofDatasets];
}

function platformAlarms({ config, jobs, deadLetterQueues, flowArn }: AlarmScope): AlarmSpec[] {
  const monitorPeriod = config.monitoring.everyMinutes * MINUTE;
  const watchdogPeriod = config.medallion.watchdogMinutes * MINUTE;
  const platform = { severity: 'page', owner: 'sluice', dataset: null, together: false } as const;
  const checkFailing = (check: string, kind: string, says: string, command: string, times = 1): AlarmSpec => ({
    ...platform,
    name: kind,
    kind,
    says,
    command,
    metric: { name: MONITOR.failing.name, dimensions: { Check: check }, statistic: 'Maximum', periodSeconds: times === 1 ? LOOK : monitorPeriod },
    comparison: '>',
    threshold: MONITOR.failing.wrongAbove,
    datapoints: times,
    of: times,
    missing: SILENT_MONITOR,
  });
  const heartbeat = (name: string, metric: string, periodSeconds: number, says: string, command: string): AlarmSpec => ({
    ...platform,
    name,
    kind: name,
    says,
    command,
    metric: { name: metric, dimensions: {}, statistic: 'Sum', periodSeconds },
    comparison: '<',
    threshold: 1,
    datapoints: 2,
    of: 2,
    missing: HEARTBEAT,
  });
  return [
    heartbeat('monitor-silent', MONITOR.run.name, monitorPeriod, 'The monitor has not run for two of its intervals: nobody looks at the lake.', 'sluice check'),
    heartbeat('watchdog-silent', WATCHDOG.run.name, watchdogPeriod, 'The watchdog has not run for two of its intervals: a Spark job that ends stays ended.', 'sluice jobs list'),
    checkFailing('kafka', 'kafka', 'Kafka cannot be reached, lacks a topic or a leader, or does not give back what it was given: nothing comes in.', 'sluice check'),
    checkFailing('storage', 'storage', 'S3 or the state table cannot be written and read: jobs retry, and nothing new is committed.', 'sluice check'),
    { ...checkFailing('quality', 'quality-check', 'A record is in no count, a canary does not arrive, or SQL does not answer.', 'sluice check', 2), severity: 'ticket' },
    ...jobs.flatMap((job): AlarmSpec[] => [
      {
        ...platform,
        name: `job-not-running-${job}`,
        kind: 'job-not-running',
        says: `The Spark job ${job} was found not running twice in a row: starting it does not help, or was given up after ${config.medallion.restartsPerHour} failures in an hour.`,
        command: `sluice runs ${job}`,
        metric: { name: WATCHDOG.jobRunning.name, dimensions: { Job: physicalName(config, job) }, statistic: 'Minimum', periodSeconds: watchdogPeriod },
        comparison: '<',
        threshold: 1,
        datapoints: 2,
        of: 2,
        missing: { treat: 'ignore', because: 'the watchdog measures it: where that is silent, watchdog-silent says so' },
      },
      {
        ...platform,
        name: `job-stalled-${job}`,
        kind: 'job-stalled',
        says: `A query of the Spark job ${job} runs and has said nothing for ${STALL_MINUTES} minutes: it hangs.`,
        command: `sluice jobs restart ${job}`,
        metric: { name: MONITOR.progressAgeMinutes.name, dimensions: { Job: physicalName(config, job) }, statistic: 'Maximum', periodSeconds: LOOK },
        comparison: '>',
        threshold: MONITOR.progressAgeMinutes.wrongAbove,
        datapoints: 1,
        of: 1,
        missing: SILENT_MONITOR,
      },
      {
        ...platform,
        name: `datasets-left-out-${job}`,
        kind: 'datasets-left-out',
        says: `The Spark job ${job} leaves out a dataset whose own code is missing or broken; the other datasets go on. Its log names it.`,
        command: `sluice logs ${job}`,
        metric: { name: DRIVER.leftOut.name, dimensions: { Job: physicalName(config, job) }, statistic: 'Maximum', periodSeconds: 5 * MINUTE },
        comparison: '>',
        threshold: DRIVER.leftOut.wrongAbove,
        datapoints: 1,
        of: 1,
        missing: { treat: 'notBreaching', because: 'a job says it by the minute while it leaves something out; whether it runs is told by job-not-running' },
      },
    ]),
    ...(['ExecutionsFailed', 'ExecutionsTimedOut'] as const).map(
      (name): AlarmSpec => ({
        ...platform,
        severity: 'ticket',
        name: name === 'ExecutionsFailed' ? 'flow-failed' : 'flow-timed-out',
        kind: 'flow-failed',
        says: `The hourly flow ${name === 'ExecutionsFailed' ? 'failed' : 'did not end in time'}: sources that were due have not been checked, and nobody may have been told why.`,
        command: 'sluice runs hourly',
        metric: { namespace: 'AWS/States', name, dimensions: { StateMachineArn: flowArn }, statistic: 'Sum', periodSeconds: FLOW_PERIOD },
        comparison: '>=',
        threshold: 1,
        datapoints: 1,
        of: 1,
        missing: { treat: 'notBreaching', because: 'Step Functions tells of what failed only where something did; source-overdue watches whether checks come' },
      }),
    ),
    ...deadLetterQueues.map(
      (queue): AlarmSpec => ({
        ...platform,
        severity: 'ticket',
        name: `dead-letters-${queue}`,
        kind: 'dead-letters',
        says: `Events wait in ${queue} that could not be delivered, or that a function failed at for good.`,
        command: 'sluice redrive',
        metric: {
          namespace: 'AWS/SQS',
          name: 'ApproximateNumberOfMessagesVisible',
          dimensions: { QueueName: physicalName(config, queue) },
          statistic: 'Maximum',
          periodSeconds: MINUTE,
        },
        comparison: '>',
        threshold: 0,
        datapoints: 1,
        of: 1,
        missing: { treat: 'notBreaching', because: 'SQS tells nothing of a queue that nobody has used for hours' },
      }),
    ),
  ];
}

type OfDataset = Omit<AlarmSpec, 'together'>;

const ownOf = ({ owner, name }: Dataset) => ({ owner, dataset: name, datapoints: 1, of: 1 }) as const;
const measured = ({ name }: MetricSpec, dataset: Dataset, periodSeconds: number): AlarmSpec['metric'] => ({
  name,
  dimensions: { Dataset: dataset.name },
  statistic: 'Maximum',
  periodSeconds,
});

/** Alarms of what only a topic can go through. */
function kafkaAlarms(dataset: Dataset): OfDataset[] {
  const { name } = dataset;
  const own = ownOf(dataset);
  const byMonitor = (spec: MetricSpec) => measured(spec, dataset, LOOK);
  return [
    {
      ...own,
      name: `offset-gaps-${kebab(name)}`,
      kind: 'offset-gaps',
      says: `Batches of ${name} do not follow each other: offsets are missing between them.`,
      command: 'sluice check',
      severity: 'page',
      metric: byMonitor(MONITOR.offsetGaps),
      comparison: '>',
      threshold: 0,
      missing: SILENT_MONITOR,
    },
    {
      ...own,
      name: `retention-${kebab(name)}`,
      kind: 'retention',
      says: `The oldest record of ${name} that Bronze lacks has used up half of its topic's retention: Kafka will drop it.`,
      command: 'sluice jobs list',
      severity: 'page',
      metric: byMonitor(MONITOR.lagRetentionPercent),
      comparison: '>',
      threshold: MONITOR.lagRetentionPercent.wrongAbove,
      missing: SILENT_MONITOR,
    },
  ];
}

function datasetAlarms(dataset: Dataset, config: Config): OfDataset[] {
  const { name, service } = dataset;
  const own = ownOf(dataset);
  const byMonitor = (spec: MetricSpec) => measured(spec, dataset, LOOK);
  const byDriver = (spec: MetricSpec) => measured(spec, dataset, MINUTE);
  const ofLayers = (more: number) =>
    freshnessLimits(dataset)
      .map(({ layer, minutes }) => `${layer} ${minutes + more}`)
      .join(', ');
  return [
    {
      ...own,
      name: `freshness-${kebab(name)}`,
      kind: 'freshness',
      says: `A record of ${name} has waited for a layer longer than its contract allows, in minutes: ${ofLayers(0)}.`,
      command: 'sluice check',
      severity: service.severity,
      metric: byMonitor(MONITOR.freshnessPercent),
      comparison: '>',
      threshold: MONITOR.freshnessPercent.wrongAbove,
      missing: SILENT_MONITOR,
    },
    {
      ...own,
      name: `canary-${kebab(name)}`,
      kind: 'canary',
      says: `The canaries of ${name} do not come through: records are accepted and do not arrive, or SQL does not see them. Minutes allowed: ${ofLayers(canarySlack(canaryMinutes(config)))}.`,
      command: 'sluice check',
      severity: service.severity,
      metric: byMonitor(MONITOR.canaryPercent),
      comparison: '>',
      threshold: MONITOR.canaryPercent.wrongAbove,
      missing: SILENT_MONITOR,
    },
    {
      ...own,
      name: `quarantine-${kebab(name)}`,
      kind: 'quarantine',
      says: `More than ${service.quarantinePercent} % of a batch of ${name} broke a rule and was set aside; the others went through.`,
      command: `sluice query "SELECT rule, reason, count(*) FROM quarantine.${name} GROUP BY 1, 2"`,
      severity: 'ticket',
      metric: byDriver(DRIVER.quarantinePercent),
      comparison: '>',
      threshold: service.quarantinePercent,
      missing: NO_BATCH,
    },
    {
      ...own,
      name: `ledger-residual-${kebab(name)}`,
      kind: 'ledger-residual',
      says: `A batch of ${name} read more or fewer records than it accounts for: one was lost, or counted twice.`,
      command: 'sluice query "SELECT * FROM ops.ledger WHERE residual <> 0"',
      severity: 'page',
      metric: byDriver(DRIVER.residual),
      comparison: '>',
      threshold: 0,
      missing: NO_BATCH,
    },
    ...(isFed(dataset) ? kafkaAlarms(dataset) : []),
    ...(httpSources([dataset]).length === 0
      ? []
      : [
          {
            ...own,
            name: `runs-short-${kebab(name)}`,
            kind: 'runs-short',
            says: `A run sent more records of ${name} than Bronze holds of it, and sending them again has not helped.`,
            command: 'sluice check',
            severity: 'page' as const,
            metric: byMonitor(MONITOR.runsShort),
            comparison: '>' as const,
            threshold: 0,
            missing: SILENT_MONITOR,
          },
        ]),
  ];
}

function sourceAlarms(dataset: Dataset, config: Config): OfDataset[] {
  return httpSources([dataset])
    .filter(({ source }) => isOn(config, source))
    .flatMap(({ source: { name, cadence } }): OfDataset[] => {
      const own = { severity: 'ticket', owner: dataset.owner, dataset: dataset.name, comparison: '>', datapoints: 1, of: 1, missing: SILENT_MONITOR } as const;
      return [
        {
          ...own,
          name: `source-overdue-${kebab(name)}`,
          kind: 'source-overdue',
          says: `${name} has had no good check for ${OVERDUE_CADENCES} times its cadence of ${cadence.minutes} minutes; its last good version stays.`,
          command: `sluice ingest ${name} --dry-run`,
          metric: { name: MONITOR.sourceOverdue.name, dimensions: { Source: name }, statistic: 'Maximum', periodSeconds: LOOK },
          threshold: MONITOR.sourceOverdue.wrongAbove,
        },
        {
          ...own,
          name: `source-refused-${kebab(name)}`,
          kind: 'source-refused',
          says: `The last body of ${name} was not believed (HTML, cut, shrunk beyond its bounds) and was set aside; the last good version stays.`,
          command: `sluice release ${name} --dry-run`,
          // Told by the check that refuses, and again by each run of the monitor until it is mended.
          metric: { name: INGEST.refused.name, dimensions: { Source: name }, statistic: 'Maximum', periodSeconds: MINUTE },
          threshold: 0,
        },
      ];
    });
}
