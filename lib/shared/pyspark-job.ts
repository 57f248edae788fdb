import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { CfnJob, type CfnJobProps } from 'aws-cdk-lib/aws-glue';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { acknowledgeWildcards, BUCKET_GRANTS } from './acknowledge.js';
import type { DeltaJars } from './glue-jars.js';

/** The Spark and Python of Glue 5.1 are what glue-jobs/ is written for. */
export const GLUE_VERSION = '5.1';

/** A worker type that Glue refuses to batch jobs (https://docs.aws.amazon.com/glue/latest/dg/worker-types.html). */
const STREAMING_WORKER = 'G.025X';

export interface PySparkJobProps {
  readonly jobName: string;
  readonly description: string;
  /** The entry point. */
  readonly script: Asset;
  /** Zipped Python packages. */
  readonly packages: readonly Asset[];
  /** Jars beyond Glue's own. @default [] */
  readonly jars?: readonly Asset[];
  /** Delta's own jars instead of Glue's. @default - the Delta that Glue has */
  readonly delta?: DeltaJars;
  /** What else the script reads. @default [] */
  readonly files?: readonly Asset[];
  readonly workerType: string;
  /** @minimum 2 */
  readonly numberOfWorkers: number;
  /** Arguments of the script, without the leading dashes. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Spark settings beyond Delta's. @default {} */
  readonly sparkConf?: Readonly<Record<string, string>>;
  /** Names of Glue connections, for jobs that reach into a VPC. @default [] */
  readonly connections?: readonly string[];
  /** Where Glue's temporary folder is, `tmp/`. */
  readonly artefacts: IBucket;
  /** Security configuration for logs and temporary data. @default - none */
  readonly securityConfiguration?: string;
  /** Whether Glue publishes metrics of its own, each a series that CloudWatch bills. @default false */
  readonly glueMetrics?: boolean;
  /** Namespace in which the script publishes metrics. @default - it publishes none */
  readonly metricsNamespace?: string;
}

export interface PySparkStreamingJobProps extends PySparkJobProps {
  /** Day and hour (UTC) at which Glue may restart the run. @default 'Sun:3' */
  readonly maintenanceWindow?: string;
}

export interface PySparkBatchJobProps extends PySparkJobProps {
  /** @default Duration.hours(1) */
  readonly timeout?: Duration;
}

const jarsOf = ({ delta, jars = [] }: PySparkJobProps): readonly Asset[] => (delta ? [delta.spark, delta.storage, ...jars] : jars);

/** A Glue job with a role of its own, which may read the job's files, write its logs and publish its metrics. */
export abstract class PySparkJob extends Construct {
  readonly jobName: string;
  readonly jobArn: string;
  readonly role: IRole;

  protected constructor(scope: Construct, id: string, props: PySparkJobProps, kind: Pick<CfnJobProps, 'maintenanceWindow' | 'timeout'> & { readonly command: string }) {
    super(scope, id);
    if (props.numberOfWorkers < 2) throw new Error(`numberOfWorkers: ${props.numberOfWorkers} is too few, Glue asks for 2 at least`);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('glue.amazonaws.com'), description: `Role of Glue job ${props.jobName}` });
    const sparkConf = {
      'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
      'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
      'spark.hadoop.fs.s3a.endpoint.region': Stack.of(this).region,
      'spark.databricks.delta.schema.autoMerge.enabled': 'false',
      ...props.sparkConf,
    };
    const urls = (assets: readonly Asset[]) => assets.map((asset) => asset.s3ObjectUrl).join(',');
    const jars = jarsOf(props);
    // AWS: with another Delta than Glue's, `--datalake-formats` must not name it, ours come first on the class path, and its Python
    // package is in the jar ("Using the Delta Lake framework in AWS Glue").
    const python = props.delta ? [...props.packages, props.delta.spark] : props.packages;
    const { command, ...lifetime } = kind;
    const job = new CfnJob(this, 'Job', {
      name: props.jobName,
      description: props.description,
      role: this.role.roleArn,
      command: { name: command, pythonVersion: '3', scriptLocation: props.script.s3ObjectUrl },
      glueVersion: GLUE_VERSION,
      workerType: props.workerType,
      numberOfWorkers: props.numberOfWorkers,
      maxRetries: 0,
      executionProperty: { maxConcurrentRuns: 1 },
      ...lifetime,
      ...(props.connections?.length ? { connections: { connections: [...props.connections] } } : {}),
      ...(props.securityConfiguration ? { securityConfiguration: props.securityConfiguration } : {}),
      defaultArguments: {
        ...(props.delta ? { '--user-jars-first': 'true' } : { '--datalake-formats': 'delta' }),
        // A flag's presence switches them on, whatever its value.
        ...(props.glueMetrics ? { '--enable-metrics': 'true', '--enable-observability-metrics': 'true' } : {}),
        '--enable-continuous-cloudwatch-log': 'true',
        '--extra-py-files': urls(python),
        ...(jars.length > 0 ? { '--extra-jars': urls(jars) } : {}),
        '--TempDir': `s3://${props.artefacts.bucketName}/tmp/`,
        '--conf': Object.entries(sparkConf)
          .map(([name, value]) => `${name}=${value}`)
          .join(' --conf '),
        '--JOB_NAME': props.jobName,
        ...Object.fromEntries(Object.entries(props.arguments).map(([name, value]) => [`--${name}`, value])),
      },
    });
    this.jobName = props.jobName;
    this.jobArn = Stack.of(this).formatArn({ service: 'glue', resource: 'job', resourceName: job.ref });
    this.grantRun(props);
  }

  private grantRun(props: PySparkJobProps): void {
    const { script, packages, files = [], metricsNamespace, artefacts } = props;
    artefacts.grantReadWrite(this.role, 'tmp/*');
    for (const asset of [script, ...packages, ...jarsOf(props), ...files]) asset.grantRead(this.role);
    this.allow(['cloudwatch:PutMetricData'], ['*'], { StringEquals: { 'cloudwatch:namespace': [...(metricsNamespace ? [metricsNamespace] : []), 'Glue'] } });
    this.allow(
      ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:AssociateKmsKey'],
      [Stack.of(this).formatArn({ service: 'logs', resource: 'log-group', resourceName: '/aws-glue/*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    );
    acknowledgeWildcards(this.role, {
      ...BUCKET_GRANTS,
      'Resource::%Artefacts%/tmp/*': "Glue's temporary folder.",
      'Resource::arn:<AWS::Partition>:s3:::cdk-%-assets-%/*': "CDK's grant to read the job's assets; their names are content hashes.",
      'Resource::arn:<AWS::Partition>:logs:%:log-group:/aws-glue/*': 'Glue names the log groups of its runs.',
      'Resource::*': 'PutMetricData takes no resource and is held to named namespaces; the calls that describe and make network interfaces take none.',
    });
  }

  /** Grants to the job's role. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: Record<string, unknown>): void {
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], ...(conditions ? { conditions } : {}) }));
  }
}

/**
 * A Glue job that streams until it is stopped.
 *
 * Its `timeout` is left unset: with one under seven days Glue ends the run for good. CloudFormation does not start jobs;
 * the watchdog does.
 */
export class PySparkStreamingJob extends PySparkJob {
  constructor(scope: Construct, id: string, props: PySparkStreamingJobProps) {
    super(scope, id, props, { command: 'gluestreaming', maintenanceWindow: props.maintenanceWindow ?? 'Sun:3' });
  }
}

/** A Glue job that ends by itself; a schedule or a person starts it. */
export class PySparkBatchJob extends PySparkJob {
  constructor(scope: Construct, id: string, props: PySparkBatchJobProps) {
    if (props.workerType === STREAMING_WORKER) throw new Error(`workerType: Glue gives ${STREAMING_WORKER} to streaming jobs alone, and ${props.jobName} is none`);
    super(scope, id, props, { command: 'glueetl', timeout: (props.timeout ?? Duration.hours(1)).toMinutes() });
  }
}
