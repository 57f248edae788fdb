import { Duration } from 'aws-cdk-lib';
import { Alarm, AlarmRule, AlarmState, ComparisonOperator, CompositeAlarm, type IAlarmAction, type IAlarmRule, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { metricsNamespace } from '../shared/names.js';
import type { NotificationChannels } from './channels.js';
import type { AlarmSpec, Severity } from './spec.js';

const COMPARISON: Readonly<Record<AlarmSpec['comparison'], ComparisonOperator>> = {
  '>': ComparisonOperator.GREATER_THAN_THRESHOLD,
  '>=': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  '<': ComparisonOperator.LESS_THAN_THRESHOLD,
};
const MISSING = { breaching: TreatMissingData.BREACHING, notBreaching: TreatMissingData.NOT_BREACHING, ignore: TreatMissingData.IGNORE } as const;

export const metricOf = (config: Config, { namespace, name, dimensions, statistic, periodSeconds }: AlarmSpec['metric']): Metric =>
  new Metric({ namespace: namespace ?? metricsNamespace(config), metricName: name, dimensionsMap: { ...dimensions }, statistic, period: Duration.seconds(periodSeconds) });

/** What a person reads in the notification. */
export function description(spec: AlarmSpec, runbookUrl: string): string {
  const { says, command, severity, owner, missing, kind } = spec;
  return `${says} First: ${command}. Severity ${severity}, owner ${owner}. Missing data: ${missing.treat}, since ${missing.because}. Runbook: ${runbookUrl}#${kind}`;
}

/**
 * The alarms of a stage, and who is told. On AWS one failure tells once: what all stand on (Kafka, storage, jobs, the
 * monitor) speaks for itself, and a dataset's alarms of its own severity speak together, not while the platform is in alarm.
 * Those of another severity do not follow from a platform that fails: each speaks for itself, as all do where there are no
 * composite alarms. One composite alarm costs as much as five others.
 */
export class Alarms extends Construct {
  readonly all: readonly { readonly spec: AlarmSpec; readonly alarm: Alarm }[];

  constructor(scope: Construct, id: string, config: Config, specs: readonly AlarmSpec[], channels: NotificationChannels) {
    super(scope, id);
    const actionFor = (severity: Severity): IAlarmAction[] => (severity === 'notice' ? [] : [new SnsAction(channels[severity])]);
    const composite = config.capabilities.compositeAlarms;
    this.all = specs.map((spec) => {
      const alarm = new Alarm(this, spec.name, {
        alarmName: physicalName(config, spec.name),
        alarmDescription: description(spec, config.monitoring.runbookUrl).slice(0, 1024),
        metric: metricOf(config, spec.metric),
        comparisonOperator: COMPARISON[spec.comparison],
        threshold: spec.threshold,
        datapointsToAlarm: spec.datapoints,
        evaluationPeriods: spec.of,
        treatMissingData: MISSING[spec.missing.treat],
      });
      if (!composite || !spec.together) this.tell([alarm], actionFor(spec.severity));
      return { spec, alarm };
    });
    if (composite) this.composites(config, actionFor);
  }

  private composites(config: Config, actionFor: (severity: Severity) => IAlarmAction[]): void {
    const firing = (of: readonly { readonly alarm: Alarm }[]): IAlarmRule => AlarmRule.anyOf(...of.map(({ alarm }) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM)));
    const platform = new CompositeAlarm(this, 'Platform', {
      compositeAlarmName: physicalName(config, 'platform'),
      alarmDescription: 'Kafka, storage, a Spark job, the monitor or the watchdog is in alarm; each of them has told. Holds back what its datasets would say.',
      alarmRule: firing(this.all.filter(({ spec }) => spec.dataset === null && spec.severity === 'page')),
    });
    const datasets = [...new Set(this.all.flatMap(({ spec }) => (spec.dataset === null ? [] : [spec.dataset])))];
    for (const dataset of datasets) {
      const own = this.all.filter(({ spec }) => spec.dataset === dataset && spec.together);
      const severity = own[0]?.spec.severity;
      if (severity === undefined) continue;
      const alarm = new CompositeAlarm(this, `${dataset}-${severity}`, {
        compositeAlarmName: physicalName(config, `dataset-${dataset.replaceAll('_', '-')}-${severity}`),
        alarmDescription: `Something is wrong with ${dataset}: its alarms in state ALARM say what. Runbook: ${config.monitoring.runbookUrl}#composite`,
        alarmRule: firing(own),
        // Waits until the platform's alarms have had the time to come first.
        actionsSuppressor: platform,
        actionsSuppressorWaitPeriod: Duration.minutes(2),
        actionsSuppressorExtensionPeriod: Duration.minutes(config.monitoring.everyMinutes),
      });
      this.tell([alarm], actionFor(severity));
    }
  }

  private tell(alarms: readonly (Alarm | CompositeAlarm)[], actions: readonly IAlarmAction[]): void {
    for (const alarm of alarms) {
      alarm.addAlarmAction(...actions);
      alarm.addOkAction(...actions);
    }
  }
}
