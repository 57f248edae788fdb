import { ArnFormat, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { Dataset } from '../../contracts/index.js';
import { httpSources } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { type BrokerConnection, kafkaStatements } from '../broker/connection.js';
import { brokerEnvironment } from '../broker/environment.js';
import { type Config, physicalName } from '../config.js';
import { acknowledgeWildcards, BUCKET_GRANTS } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import { metricsNamespace } from '../shared/names.js';
import { INGESTION_QUEUES } from '../shared/queues.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';
import { INGEST_NODE_OPTIONS } from './memory.js';
import { assertKnownSources, isHourly, isOn, sourceSecrets } from './sources.js';

export interface IngestionStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly broker: BrokerConnection;
  readonly landing: IBucket;
  readonly stateTable: ITable;
  /** @default - the function runs outside a VPC */
  readonly vpc?: IVpc;
}

/** The ingest function, and a schedule for each source that is faster than the hourly flow. */
export class IngestionStack extends Stack {
  readonly ingest: IFunction;

  constructor(scope: Construct, id: string, props: IngestionStackProps) {
    super(scope, id, props);
    const { config, broker, landing, stateTable } = props;
    const sources = httpSources(props.datasets);
    assertKnownSources(
      config,
      sources.map(({ source }) => source),
    );
    const ingest = new SluiceFunction(this, 'Ingest', {
      functionName: physicalName(config, 'ingest'),
      description: 'Fetches a source, keeps its body, and sends what changed to Kafka',
      folder: 'ingest',
      timeout: Duration.minutes(10),
      memoryMiB: config.ingestion.memoryMiB,
      environment: {
        ...brokerEnvironment(broker),
        LANDING_BUCKET: landing.bucketName,
        STATE_TABLE: stateTable.tableName,
        NODE_OPTIONS: INGEST_NODE_OPTIONS.join(' '),
        METRICS_NAMESPACE: metricsNamespace(config),
        SOURCE_SECRETS: sourceSecrets(config),
        ...(config.ingestion.feedsUrl ? { SLUICE_FEEDS_URL: config.ingestion.feedsUrl } : {}),
        ...(config.local ? { S3_FORCE_PATH_STYLE: 'true' } : {}),
      },
      ...(props.vpc ? { vpc: props.vpc } : {}),
      ...(broker.clientSecurityGroup ? { securityGroups: [broker.clientSecurityGroup] } : {}),
    });
    this.ingest = ingest.function;
    const role = ingest.function;
    for (const folder of ['bodies/*', 'refused/*', 'snapshots/*']) landing.grantPut(role, folder);
    for (const folder of ['bodies/*', 'refused/*', 'snapshots/*']) landing.grantRead(role, folder);
    const secrets = sources.flatMap(({ source }) => (source.key === undefined ? [] : [source.key.secret]));
    if (secrets.length > 0) {
      const arnOf = (secret: string) =>
        this.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: `${sourceSecrets(config)}/${secret}-??????`, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
      ingest.allow(['secretsmanager:GetSecretValue'], secrets.map(arnOf));
    }
    grantTable(stateTable, role, 'UpdateItem', 'GetItem');
    const topics = [...new Set([...sources.map(({ dataset }) => dataset.name), sourceChecks.name, operations.name])];
    for (const statement of kafkaStatements(broker, 'write', topics)) role.addToRolePolicy(statement);
    acknowledgeWildcards(this, {
      ...BUCKET_GRANTS,
      'Resource::%Landing%/bodies/*': 'Bodies are named by their hash.',
      'Resource::%Landing%/refused/*': 'Refused bodies are named by their hash.',
      'Resource::%Landing%/snapshots/*': 'Snapshots are named by sequence and run.',
      'Resource::arn:<AWS::Partition>:secretsmanager:%:secret:%-??????': 'Secrets Manager ends every ARN with six characters of its own.',
      'Resource::<Ingest%.Arn>:*': 'A schedule may invoke any version of the one function it names.',
    });

    const failures = scheduleDeadLetters(this, 'Failures', physicalName(config, INGESTION_QUEUES[0]));
    boundedAsyncRetries(ingest.function, failures);
    const undelivered = scheduleDeadLetters(this, 'DeadLetters', physicalName(config, INGESTION_QUEUES[1]));
    for (const { source } of sources.filter((each) => !isHourly(each.source))) {
      scheduledInvoke(this, `Schedule-${source.name}`, {
        scheduleName: physicalName(config, `ingest-${source.name.replaceAll('_', '-')}`),
        description: `Checks ${source.name} every ${source.cadence.minutes} minutes`,
        schedule: ScheduleExpression.rate(Duration.minutes(source.cadence.minutes)),
        function: ingest.function,
        input: ScheduleTargetInput.fromObject({ source: source.name, scheduled: true }),
        deadLetters: undelivered,
        enabled: isOn(config, source) && config.ingestion.schedules,
      });
    }
  }
}
