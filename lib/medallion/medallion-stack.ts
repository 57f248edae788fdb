import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnConnection } from 'aws-cdk-lib/aws-glue';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { compileContracts } from '../../contracts/compile.js';
import { isFed } from '../../contracts/index.js';
import { assertOneWriter } from '../../contracts/lock.js';
import type { WatchedJob } from '../../lambdas/watchdog/run.js';
import { kafkaStatements } from '../broker/connection.js';
import { type Config, databaseName, databasePrefix, physicalName } from '../config.js';
import { privateSubnets } from '../network/subnets.js';
import { acknowledgeWildcards } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import { GLUE_JOBS, GlueCode } from '../shared/glue-code.js';
import { GlueJars } from '../shared/glue-jars.js';
import { GlueSecurity } from '../shared/glue-security.js';
import type { LakeStackProps } from '../shared/lake-props.js';
import { metricsNamespace } from '../shared/names.js';
import { OnEventProvider } from '../shared/on-event.js';
import { PySparkBatchJob, type PySparkJob, PySparkStreamingJob } from '../shared/pyspark-job.js';
import { MEDALLION_QUEUES } from '../shared/queues.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';
import { LAYOUTS } from './layouts.js';
import { releaseHash } from './release.js';

/** Tells a driver its stage's databases. Glue takes no empty argument: the local stage's have no prefix. */
const databaseArgument = (config: Config): Record<string, string> => (databasePrefix(config) === '' ? {} : { 'database-prefix': databasePrefix(config) });

/** Writes checkpoints by abortable uploads instead of renames, which S3 does not have. */
const CHECKPOINT_MANAGER = 'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager';

/** The Spark jobs, what starts them on deploy, and the watchdog that keeps them running. */
export class MedallionStack extends Stack {
  /** The streaming jobs: names, and the release that a run must have. */
  readonly jobs: readonly WatchedJob[];

  constructor(scope: Construct, id: string, props: LakeStackProps) {
    super(scope, id, props);
    const { config, datasets } = props;
    const compiled = compileContracts(datasets);
    const layout = LAYOUTS[config.medallion.layout];
    assertOneWriter(compiled, layout);

    const code = new GlueCode(this, 'Code', datasets);
    // On this machine drivers find the same jars on their class path.
    const jars = config.local ? undefined : new GlueJars(this, 'Jars');
    const connections = this.connections(props);
    const security = new GlueSecurity(this, 'Security', { config, name: 'glue', key: props.key });

    const jobs = Object.entries(layout).map(([name, layers]) => {
      const release = releaseHash(GLUE_JOBS, `${name}.py`, code.contractsText, jars?.hashes ?? []);
      const job = new PySparkStreamingJob(this, `Job-${name}`, {
        jobName: physicalName(config, name),
        description: `${layers.join(', ')} of ${datasets.length} datasets`,
        script: code.script(name),
        packages: [code.medallion],
        ...(jars ? { delta: jars.delta, jars: jars.streaming } : {}),
        files: [code.contracts],
        metricsNamespace: metricsNamespace(config),
        glueMetrics: config.medallion.glueMetrics,
        sparkConf: { 'spark.sql.streaming.checkpointFileManagerClass': CHECKPOINT_MANAGER },
        workerType: config.medallion.workerType,
        numberOfWorkers: config.medallion.workers,
        connections,
        artefacts: props.artefacts,
        ...security.jobProps,
        arguments: {
          lake: `s3a://${props.lake.bucketName}`,
          checkpoints: `s3a://${props.checkpoints.bucketName}`,
          contracts: code.contracts.s3ObjectUrl,
          'bootstrap-servers': props.broker.bootstrapServers,
          'kafka-auth': props.broker.auth,
          'state-table': props.stateTable.tableName,
          'metrics-namespace': metricsNamespace(config),
          ...databaseArgument(config),
          'max-offsets-per-trigger': String(config.medallion.maxOffsetsPerTrigger),
          ...(config.medallion.triggerSeconds === undefined ? {} : { 'trigger-seconds': String(config.medallion.triggerSeconds) }),
          ...(config.medallion.bronzeTriggerSeconds === undefined ? {} : { 'bronze-trigger-seconds': String(config.medallion.bronzeTriggerSeconds) }),
          ...(config.medallion.goldTriggerSeconds === undefined ? {} : { 'gold-trigger-seconds': String(config.medallion.goldTriggerSeconds) }),
          ...(config.medallion.backgroundTriggerSeconds === undefined ? {} : { 'background-trigger-seconds': String(config.medallion.backgroundTriggerSeconds) }),
          ...(config.medallion.periodicSeconds === undefined ? {} : { 'periodic-seconds': String(config.medallion.periodicSeconds) }),
          ...(config.medallion.optimiseAfterCommits === undefined ? {} : { 'optimise-after-commits': String(config.medallion.optimiseAfterCommits) }),
          release,
        },
      });
      security.protect(job);
      this.grant(job, props);
      return { job, release };
    });
    const { window, restartEveryHours } = config.medallion;
    this.jobs = jobs.map(({ job, release }) => ({
      name: job.jobName,
      release,
      ...(window === undefined ? {} : { window }),
      ...(restartEveryHours === undefined ? {} : { restartEveryHours }),
    }));
    this.watchdog(props, jobs);
    this.rebuild(props, code, security, jars);
  }

  private connections({ config, vpc, broker }: LakeStackProps): string[] {
    if (!vpc || !broker.clientSecurityGroup) return [];
    const [subnet] = privateSubnets(vpc, config);
    if (!subnet) throw new Error('network: the VPC has no private subnet with egress, which Glue needs to reach Kafka');
    const name = physicalName(config, 'network');
    const connection = new CfnConnection(this, 'Connection', {
      catalogId: this.account,
      connectionInput: {
        name,
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: { availabilityZone: subnet.availabilityZone, subnetId: subnet.subnetId, securityGroupIdList: [broker.clientSecurityGroup.securityGroupId] },
      },
    });
    // By reference: a job is made after it.
    return [connection.ref];
  }

  private grant(job: PySparkStreamingJob, props: LakeStackProps): void {
    const { role } = job;
    for (const bucket of [props.lake, props.checkpoints]) bucket.grantReadWrite(role);
    grantTable(props.stateTable, role, 'GetItem', 'PutItem', 'DeleteItem');
    this.grantHolders(job, props.config);
    this.grantCatalog(job, props.config);
    for (const statement of kafkaStatements(
      props.broker,
      'read',
      props.datasets.filter(isFed).map((dataset) => dataset.name),
    ))
      role.addToPrincipalPolicy(statement);
    // Drivers tell of maintenance as others tell what they did.
    for (const statement of kafkaStatements(props.broker, 'write', ['operations'])) role.addToPrincipalPolicy(statement);
    if (props.vpc) this.grantNetwork(role);
    acknowledgeWildcards(role, {
      'Resource::%Lake%/*': 'Delta names its files itself.',
      'Resource::%Checkpoints%/*': 'Spark names its checkpoint files itself.',
      'Resource::arn:<AWS::Partition>:ec2:*:*:network-interface/*': 'Interfaces that Glue makes for a run; held to its own tag.',
      'Resource::%/spark-kafka-source-*': 'Spark names its consumer groups itself, all with this prefix.',
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
        resources: [this.formatArn({ service: 'ec2', region: '*', account: '*', resource: 'network-interface', resourceName: '*' })],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
      }),
    );
  }

  /** A lease is taken over from whichever run held it and has ended: of this job, of another layout's, of a rebuild. */
  private grantHolders(job: PySparkJob, config: Config): void {
    const holders = [...Object.values(LAYOUTS).flatMap((layout) => Object.keys(layout)), 'rebuild'];
    job.allow(
      ['glue:GetJobRun'],
      holders.map((name) => this.formatArn({ service: 'glue', resource: 'job', resourceName: physicalName(config, name) })),
    );
  }

  /** A rebuilt table stands elsewhere: the catalog's row is moved by the driver that writes the table. */
  private grantCatalog(job: PySparkJob, config: Config): void {
    const databases = ['bronze', 'silver', 'gold'].map((layer) => databaseName(config, layer));
    job.allow(
      ['glue:GetTable', 'glue:UpdateTable'],
      [
        this.formatArn({ service: 'glue', resource: 'catalog' }),
        ...databases.flatMap((database) => [
          this.formatArn({ service: 'glue', resource: 'database', resourceName: database }),
          this.formatArn({ service: 'glue', resource: 'table', resourceName: `${database}/*` }),
        ]),
      ],
    );
    acknowledgeWildcards(
      job.role,
      Object.fromEntries(databases.map((database) => [`Resource::arn:<AWS::Partition>:glue:%:table/${database}/*`, 'Tables of the layers that the driver writes.'])),
    );
  }

  private rebuild(props: LakeStackProps, code: GlueCode, security: GlueSecurity, jars: GlueJars | undefined): void {
    const { config, lake, artefacts, stateTable } = props;
    const job = new PySparkBatchJob(this, 'Rebuild', {
      jobName: physicalName(config, 'rebuild'),
      description: 'Computes a table anew into a path of its own, compares, and swaps when told',
      script: code.script('rebuild'),
      packages: [code.medallion],
      ...(jars ? { delta: jars.delta } : {}),
      files: [code.contracts],
      workerType: config.medallion.batchWorkerType,
      numberOfWorkers: config.medallion.workers,
      artefacts,
      timeout: Duration.hours(12),
      ...security.jobProps,
      arguments: {
        lake: `s3a://${lake.bucketName}`,
        contracts: code.contracts.s3ObjectUrl,
        'state-table': stateTable.tableName,
        ...databaseArgument(config),
      },
    });
    security.protect(job);
    lake.grantReadWrite(job.role);
    grantTable(stateTable, job.role, 'GetItem', 'PutItem', 'DeleteItem');
    this.grantHolders(job, config);
    this.grantCatalog(job, config);
    acknowledgeWildcards(job.role, {
      'Resource::%Lake%/*': 'Delta names its files itself.',
    });
  }

  private watchdog(props: LakeStackProps, jobs: readonly { readonly job: PySparkStreamingJob; readonly release: string }[]): void {
    const { config } = props;
    const watchdog = new SluiceFunction(this, 'Watchdog', {
      functionName: physicalName(config, 'watchdog'),
      description: 'Starts streaming jobs that are not running and restarts those of an old release',
      folder: 'watchdog',
      timeout: Duration.minutes(3),
      environment: {
        ...(config.local ? { AWS_ENDPOINT_URL_GLUE: config.local.awsEndpoint } : {}),
        JOBS: JSON.stringify(this.jobs),
        STATE_TABLE: props.stateTable.tableName,
        RESTARTS_PER_HOUR: String(config.medallion.restartsPerHour),
        METRICS_NAMESPACE: metricsNamespace(config),
      },
    });
    watchdog.allow(
      ['glue:GetJob', 'glue:GetJobRuns', 'glue:StartJobRun', 'glue:BatchStopJobRun'],
      jobs.map(({ job }) => job.jobArn),
    );
    grantTable(props.stateTable, watchdog.function, 'GetItem');
    const [failed, undelivered] = MEDALLION_QUEUES;
    const deadLetters = scheduleDeadLetters(this, 'WatchdogDeadLetters', physicalName(config, undelivered));
    boundedAsyncRetries(watchdog.function, scheduleDeadLetters(this, 'WatchdogFailures', physicalName(config, failed)));
    const schedule = scheduledInvoke(this, 'WatchdogSchedule', {
      scheduleName: physicalName(config, 'watchdog'),
      description: 'Keeps the streaming jobs running',
      schedule: ScheduleExpression.rate(Duration.minutes(config.medallion.watchdogMinutes)),
      function: watchdog.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters,
    });
    // A deploy starts the jobs, restarts those whose release changed, and a removal stops them.
    const provider = new OnEventProvider(this, 'Release', watchdog.function);
    const start = new CustomResource(this, 'StartJobs', {
      resourceType: 'Custom::JobRelease',
      serviceToken: provider.serviceToken,
      properties: { releases: jobs.map(({ release }) => release).join(',') },
    });
    acknowledgeWildcards(this, { 'Resource::<Watchdog%.Arn>:*': 'A schedule may invoke any version of the one function it names.' });
    for (const { job } of jobs) start.node.addDependency(job);
    // On removal its delete stops the runs: after the schedule, which would start them again, and before the jobs.
    schedule.node.addDependency(start);
  }
}
