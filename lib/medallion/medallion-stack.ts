import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, ArnFormat, CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnConnection, CfnSecurityConfiguration } from 'aws-cdk-lib/aws-glue';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { compileContracts, renderContracts } from '../../contracts/compile.js';
import type { Dataset } from '../../contracts/index.js';
import { assertOneWriter } from '../../contracts/lock.js';
import { type BrokerConnection, kafkaStatements } from '../broker/connection.js';
import { type Config, physicalName } from '../config.js';
import { acknowledge, acknowledgeWildcards, BUCKET_GRANTS } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import { metricsNamespace } from '../shared/names.js';
import { OnEventProvider } from '../shared/on-event.js';
import { scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { PySparkStreamingJob } from './pyspark-streaming-job.js';
import { releaseHash } from './release.js';

/** Jars that Glue's Spark lacks, as `./sluice` installs them (localstack/install/ivy.xml, configuration `glue`). */
const GLUE_JARS = fileURLToPath(new URL('../../.sluice/tools/jars/glue', import.meta.url));
const GLUE_JOBS = fileURLToPath(new URL('../../glue-jobs', import.meta.url));

export interface MedallionStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly broker: BrokerConnection;
  readonly key: IKey;
  readonly lake: IBucket;
  readonly checkpoints: IBucket;
  readonly artefacts: IBucket;
  readonly stateTable: ITable;
  /** @default - jobs run outside a VPC */
  readonly vpc?: IVpc;
}

/** Writes checkpoints by abortable uploads instead of renames, which S3 does not have. */
const CHECKPOINT_MANAGER = 'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager';

/** The jobs of each layout, with the writers that each one runs. */
export const LAYOUTS: Readonly<Record<Config['medallion']['layout'], Readonly<Record<string, readonly string[]>>>> = {
  combined: { combined: ['bronze', 'silver', 'gold'] },
  separate: { bronze: ['bronze'], silver: ['silver'], gold: ['gold'] },
};

/** The Spark jobs, what starts them on deploy, and the watchdog that keeps them running. */
export class MedallionStack extends Stack {
  constructor(scope: Construct, id: string, props: MedallionStackProps) {
    super(scope, id, props);
    const { config, datasets } = props;
    const compiled = compileContracts(datasets);
    const layout = LAYOUTS[config.medallion.layout];
    assertOneWriter(compiled, layout);

    const contracts = renderContracts(compiled);
    const contractsAsset = this.contractsAsset(contracts);
    const packageAsset = new Asset(this, 'Package', { path: GLUE_JOBS, exclude: ['*', '!medallion', '!medallion/**', '**/__pycache__'] });
    const jars = props.broker.auth === 'iam' ? this.jars() : [];
    const connections = this.connections(props);
    const securityConfiguration = config.capabilities.securityConfiguration ? this.securityConfiguration(props) : undefined;

    const jobs = Object.entries(layout).map(([name, layers]) => {
      const entryPoint = `${name}.py`;
      const release = releaseHash(GLUE_JOBS, entryPoint, contracts);
      const script = new Asset(this, `Script-${name}`, { path: join(GLUE_JOBS, entryPoint) });
      const job = new PySparkStreamingJob(this, `Job-${name}`, {
        jobName: physicalName(config, name),
        description: `${layers.join(', ')} of ${datasets.length} datasets`,
        script: script.s3ObjectUrl,
        packages: [packageAsset.s3ObjectUrl],
        jars: jars.map((jar) => jar.s3ObjectUrl),
        sparkConf: { 'spark.sql.streaming.checkpointFileManagerClass': CHECKPOINT_MANAGER },
        workerType: config.medallion.workerType,
        numberOfWorkers: config.medallion.workers,
        connections,
        temporaryFolder: `s3://${props.artefacts.bucketName}/tmp/`,
        ...(securityConfiguration ? { securityConfiguration } : {}),
        arguments: {
          lake: `s3a://${props.lake.bucketName}`,
          checkpoints: `s3a://${props.checkpoints.bucketName}`,
          contracts: contractsAsset.s3ObjectUrl,
          'bootstrap-servers': props.broker.bootstrapServers,
          'kafka-auth': props.broker.auth,
          'state-table': props.stateTable.tableName,
          'metrics-namespace': metricsNamespace(config),
          'max-offsets-per-trigger': String(config.medallion.maxOffsetsPerTrigger),
          ...(config.medallion.triggerSeconds === undefined ? {} : { 'trigger-seconds': String(config.medallion.triggerSeconds) }),
          ...(config.medallion.bronzeTriggerSeconds === undefined ? {} : { 'bronze-trigger-seconds': String(config.medallion.bronzeTriggerSeconds) }),
          ...(config.medallion.periodicSeconds === undefined ? {} : { 'periodic-seconds': String(config.medallion.periodicSeconds) }),
          release,
        },
      });
      if (!securityConfiguration) {
        const reason = 'The emulator knows no Glue security configuration; deployed stages have one.';
        acknowledge(job, { 'AwsSolutions-GL1': reason, 'AwsSolutions-GL3': reason });
      }
      this.grant(job, props, [script, packageAsset, contractsAsset, ...jars]);
      return { job, release };
    });
    this.watchdog(props, jobs);
  }

  private contractsAsset(contracts: string): Asset {
    const folder = join((this.node.root as App).outdir, 'contracts');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'contracts.json');
    writeFileSync(path, contracts);
    return new Asset(this, 'Contracts', { path });
  }

  private jars(): Asset[] {
    const names = existsSync(GLUE_JARS)
      ? readdirSync(GLUE_JARS)
          .filter((name) => name.endsWith('.jar'))
          .sort()
      : [];
    if (names.length === 0)
      throw new Error(`the jars for Glue are not installed (${GLUE_JARS}): run ./sluice doctor, then any ./sluice command that installs, such as ./sluice lint`);
    return names.map((name) => new Asset(this, `Jar-${name}`, { path: join(GLUE_JARS, name) }));
  }

  private connections({ config, vpc, broker }: MedallionStackProps): string[] {
    if (!vpc || !broker.clientSecurityGroup) return [];
    const { subnets } = vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
    const [subnet] = subnets;
    if (!subnet) throw new Error('network: the VPC has no private subnet with egress, which Glue needs to reach Kafka');
    const name = physicalName(config, 'network');
    new CfnConnection(this, 'Connection', {
      catalogId: this.account,
      connectionInput: {
        name,
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: { availabilityZone: subnet.availabilityZone, subnetId: subnet.subnetId, securityGroupIdList: [broker.clientSecurityGroup.securityGroupId] },
      },
    });
    return [name];
  }

  private securityConfiguration({ config, key }: MedallionStackProps): string {
    const name = physicalName(config, 'glue');
    new CfnSecurityConfiguration(this, 'SecurityConfiguration', {
      name,
      encryptionConfiguration: {
        cloudWatchEncryption: { cloudWatchEncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: 'CSE-KMS', kmsKeyArn: key.keyArn },
        s3Encryptions: [{ s3EncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn }],
      },
    });
    return name;
  }

  private grant({ role, jobArn }: PySparkStreamingJob, props: MedallionStackProps, assets: readonly Asset[]): void {
    const { config } = props;
    for (const asset of assets) asset.grantRead(role);
    for (const bucket of [props.lake, props.checkpoints]) bucket.grantReadWrite(role);
    props.artefacts.grantReadWrite(role, 'tmp/*');
    props.stateTable.grant(role, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
    const allow = (actions: string[], resources: string[], conditions?: Record<string, unknown>) =>
      role.addToPrincipalPolicy(new PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }));
    allow(['glue:GetJobRun'], [jobArn]);
    allow(['cloudwatch:PutMetricData'], ['*'], { StringEquals: { 'cloudwatch:namespace': [metricsNamespace(config), 'Glue'] } });
    allow(
      ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:AssociateKmsKey'],
      [this.formatArn({ service: 'logs', resource: 'log-group', resourceName: '/aws-glue/*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    );
    for (const statement of kafkaStatements(
      props.broker,
      'read',
      props.datasets.map((dataset) => dataset.name),
    ))
      role.addToPrincipalPolicy(statement);
    if (props.vpc) this.grantNetwork(role);
    acknowledgeWildcards(role, {
      ...BUCKET_GRANTS,
      'Resource::%Lake%/*': 'Delta names its files itself.',
      'Resource::%Checkpoints%/*': 'Spark names its checkpoint files itself.',
      'Resource::%Artefacts%/tmp/*': "Glue's temporary folder.",
      'Resource::arn:<AWS::Partition>:s3:::cdk-%-assets-%/*': "CDK's grant to read the job's assets; their names are content hashes.",
      'Resource::arn:<AWS::Partition>:logs:%:log-group:/aws-glue/*': 'Glue names the log groups of its runs.',
      'Resource::arn:aws:ec2:*:*:network-interface/*': 'Interfaces that Glue makes for a run; held to its own tag.',
      'Resource::%/spark-kafka-source-*': 'Spark names its consumer groups itself, all with this prefix.',
      'Resource::*': 'PutMetricData takes no resource and is held to two namespaces; the calls that describe and make network interfaces take none.',
    });
  }

  /** What Glue documents for connections into a VPC. */
  private grantNetwork(role: IRole): void {
    const describe = [
      'ec2:DescribeVpcEndpoints',
      'ec2:DescribeRouteTables',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcAttribute',
    ];
    role.addToPrincipalPolicy(new PolicyStatement({ actions: [...describe, 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'glue:GetConnection'], resources: ['*'] }));
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
        resources: ['arn:aws:ec2:*:*:network-interface/*'],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
      }),
    );
  }

  private watchdog(props: MedallionStackProps, jobs: readonly { readonly job: PySparkStreamingJob; readonly release: string }[]): void {
    const { config } = props;
    const watchdog = new SluiceFunction(this, 'Watchdog', {
      functionName: physicalName(config, 'watchdog'),
      description: 'Starts streaming jobs that are not running and restarts those of an old release',
      folder: 'watchdog',
      timeout: Duration.minutes(3),
      environment: {
        ...(config.local ? { AWS_ENDPOINT_URL_GLUE: config.local.awsEndpoint } : {}),
        JOBS: JSON.stringify(jobs.map(({ job, release }) => ({ name: job.jobName, release }))),
      },
    });
    watchdog.allow(
      ['glue:GetJobRuns', 'glue:StartJobRun', 'glue:BatchStopJobRun'],
      jobs.map(({ job }) => job.jobArn),
    );
    const deadLetters = scheduleDeadLetters(this, 'WatchdogDeadLetters', physicalName(config, 'watchdog-dead-letters'));
    scheduledInvoke(this, 'WatchdogSchedule', {
      scheduleName: physicalName(config, 'watchdog'),
      description: 'Keeps the streaming jobs running',
      schedule: ScheduleExpression.rate(Duration.minutes(config.medallion.watchdogMinutes)),
      function: watchdog.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters,
    });
    // A deploy starts the jobs, and restarts those whose release changed.
    const provider = new OnEventProvider(this, 'Release', watchdog.function);
    const start = new CustomResource(this, 'StartJobs', {
      resourceType: 'Custom::JobRelease',
      serviceToken: provider.serviceToken,
      properties: { releases: jobs.map(({ release }) => release).join(',') },
    });
    acknowledgeWildcards(this, { 'Resource::<Watchdog%.Arn>:*': 'A schedule may invoke any version of the one function it names.' });
    for (const { job } of jobs) start.node.addDependency(job);
  }
}
