import { ArnFormat, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { exportingDataset, isFed, LAYERS } from '../../contracts/index.js';
import { httpSources } from '../../datasets/index.js';
import { MONITOR_GROUP } from '../../lambdas/monitor/kafka-health.js';
import type { WatchedJob } from '../../lambdas/watchdog/watch-jobs.js';
import { kafkaStatements } from '../broker/connection.js';
import { brokerEnvironment } from '../broker/environment.js';
import { type Config, databaseName, databasePrefix, physicalName } from '../config.js';
import { isOn } from '../ingestion/sources.js';
import { acknowledgeWildcards, BUCKET_GRANTS } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import type { LakeStackProps } from '../shared/lake-props.js';
import { HOURLY_FLOW, metricsNamespace } from '../shared/names.js';
import { deadLetterQueues, MONITORING_QUEUES } from '../shared/queues.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';
import { Alarms } from './alarm.js';
import { alarmsOf } from './alarms.js';
import { NotificationChannels } from './channels.js';
import { Dashboards } from './dashboards.js';

export interface MonitoringStackProps extends LakeStackProps {
  readonly jobs: readonly WatchedJob[];
}

/** The monitor, the alarms, and who hears of them. */
export class MonitoringStack extends Stack {
  readonly alarms: Alarms;
  /** Hears of what can wait. */
  readonly ticket: ITopic;

  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    super(scope, id, props);
    const { config, datasets } = props;
    this.monitor(props);
    const channels = new NotificationChannels(this, 'Notifications', config);
    this.ticket = channels.ticket;
    const jobs = props.jobs.map(({ name }) => name.slice(physicalName(config, '').length));
    const queues = deadLetterQueues({ exports: exportingDataset(datasets) !== null });
    this.alarms = new Alarms(this, 'Alarms', config, alarmsOf({ config, datasets, jobs, deadLetterQueues: queues, flowArn: this.flowArn(config) }), channels);
    new Dashboards(this, 'Dashboards', { config, datasets, alarms: this.alarms.all, jobs: props.jobs.map(({ name }) => name) });
    this.budget(config, channels);
    new CfnOutput(this, 'PageTopic', { description: 'Tells of what must be seen to at once', value: channels.page.topicArn });
  }

  /** By name: the flow's stack stands on this one. */
  private flowArn(config: Config): string {
    return this.formatArn({ service: 'states', resource: 'stateMachine', resourceName: physicalName(config, HOURLY_FLOW), arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }

  private monitor(props: MonitoringStackProps): void {
    const { config, datasets, broker, jobs, checkpoints, lake, stateTable } = props;
    const settings = {
      jobs: jobs.map(({ name, window }) => ({ name, ...(window ? { window } : {}) })),
      sources: httpSources(datasets).flatMap(({ source }) => (isOn(config, source) ? [source.name] : [])),
      workGroup: physicalName(config, 'queries'),
      databasePrefix: databasePrefix(config),
      everyMinutes: config.monitoring.everyMinutes,
      canaryMinutes: config.monitoring.canaryMinutes ?? null,
      monthlyBudget: config.monitoring.monthlyBudget ?? null,
      billed: config.capabilities.budgets,
    };
    const monitor = new SluiceFunction(this, 'Monitor', {
      functionName: physicalName(config, 'monitor'),
      description: 'Looks at storage, Kafka, Spark, freshness, quality and cost, and sends the canaries',
      folder: 'monitor',
      timeout: Duration.minutes(7),
      memoryMiB: 512,
      environment: {
        ...brokerEnvironment(broker),
        ...(config.local ? { AWS_ENDPOINT_URL: config.local.awsEndpoint, S3_FORCE_PATH_STYLE: 'true' } : {}),
        STATE_TABLE: stateTable.tableName,
        LAKE_BUCKET: lake.bucketName,
        CHECKPOINTS_BUCKET: checkpoints.bucketName,
        METRICS_NAMESPACE: metricsNamespace(config),
        MONITOR: JSON.stringify(settings),
      },
      ...(props.vpc ? { vpc: props.vpc } : {}),
      ...(broker.clientSecurityGroup ? { securityGroups: [broker.clientSecurityGroup] } : {}),
    });
    this.grant(monitor, props);
    const [failed, undelivered] = MONITORING_QUEUES;
    boundedAsyncRetries(monitor.function, scheduleDeadLetters(this, 'Failures', physicalName(config, failed)));
    scheduledInvoke(this, 'Schedule', {
      scheduleName: physicalName(config, 'monitor'),
      description: `Looks at everything every ${config.monitoring.everyMinutes} minutes`,
      schedule: ScheduleExpression.rate(Duration.minutes(config.monitoring.everyMinutes)),
      function: monitor.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters: scheduleDeadLetters(this, 'DeadLetters', physicalName(config, undelivered)),
    });
    acknowledgeWildcards(this, { 'Resource::<Monitor%.Arn>:*': 'A schedule may invoke any version of the one function it names.' });
  }

  private grant(monitor: SluiceFunction, { config, datasets, broker, key, lake, checkpoints, artefacts, stateTable, jobs }: MonitoringStackProps): void {
    const role = monitor.function;
    const topics = datasets.filter(isFed).map(({ name }) => name);
    for (const access of ['read', 'write', 'inspect'] as const) for (const statement of kafkaStatements(broker, access, topics, MONITOR_GROUP)) role.addToRolePolicy(statement);
    grantTable(stateTable, role, 'GetItem', 'PutItem', 'UpdateItem');
    checkpoints.grantPut(role, 'monitor/*');
    checkpoints.grantRead(role, 'monitor/*');
    lake.grantRead(role);
    // Athena writes what a query gives, and reads it back, as the caller.
    artefacts.grantReadWrite(role, 'athena/*');
    key.grantEncryptDecrypt(role);
    const arn = (service: string, resource: string, resourceName?: string) => this.formatArn({ service, resource, ...(resourceName ? { resourceName } : {}) });
    monitor.allow(
      ['glue:GetJobRuns'],
      jobs.map(({ name }) => arn('glue', 'job', name)),
    );
    monitor.allow(
      ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StopQueryExecution'],
      [arn('athena', 'workgroup', physicalName(config, 'queries'))],
    );
    const databases = LAYERS.map((layer) => databaseName(config, layer));
    monitor.allow(
      ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'],
      [arn('glue', 'catalog'), ...databases.flatMap((database) => [arn('glue', 'database', database), arn('glue', 'table', `${database}/*`)])],
    );
    // Athena asks for these whatever the query: docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    monitor.allow(['glue:GetDatabase', 'glue:CreateDatabase'], [arn('glue', 'catalog'), arn('glue', 'database', 'default')]);
    monitor.allow(['cloudwatch:GetMetricData'], ['*']);
    acknowledgeWildcards(this, {
      ...BUCKET_GRANTS,
      'Resource::%Checkpoints%/monitor/*': "The monitor's own probe.",
      'Resource::%Lake%/*': 'Delta names its files itself.',
      'Resource::%Artefacts%/athena/*': 'Athena names the results of queries itself.',
      ...Object.fromEntries(databases.map((database) => [`Resource::arn:<AWS::Partition>:glue:%:table/${database}/*`, 'Tables that the monitor reads.'])),
      'Resource::*': 'GetMetricData takes no resource.',
    });
  }

  private budget(config: Config, channels: NotificationChannels): void {
    const { monthlyBudget } = config.monitoring;
    if (monthlyBudget === undefined || !config.capabilities.budgets) return;
    const subscribers = [{ subscriptionType: 'SNS', address: channels.ticket.topicArn }];
    const when = (notificationType: string, threshold: number) => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers,
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: physicalName(config, 'monthly'),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyBudget, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:stage$${config.stage}`] },
      },
      notificationsWithSubscribers: [when('ACTUAL', 80), when('ACTUAL', 100), when('FORECASTED', 100)],
    });
  }
}
