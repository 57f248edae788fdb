import { Stack } from 'aws-cdk-lib';
import { CfnJob } from 'aws-cdk-lib/aws-glue';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** The Spark, Delta and Python of Glue 5.1 are what glue-jobs/ is written for. */
export const GLUE_VERSION = '5.1';

export interface PySparkStreamingJobProps {
  readonly jobName: string;
  readonly description: string;
  /** `s3://` URL of the entry point. */
  readonly script: string;
  /** `s3://` URLs of zipped Python packages. */
  readonly packages: readonly string[];
  /** `s3://` URLs of jars beyond Glue's own. @default [] */
  readonly jars?: readonly string[];
  readonly workerType: string;
  /** @minimum 2 */
  readonly numberOfWorkers: number;
  /** Arguments of the script, without the leading dashes. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Spark settings beyond Delta's. @default {} */
  readonly sparkConf?: Readonly<Record<string, string>>;
  /** Names of Glue connections, for jobs that reach into a VPC. @default [] */
  readonly connections?: readonly string[];
  /** Day and hour (UTC) at which Glue may restart the run. @default 'Sun:3' */
  readonly maintenanceWindow?: string;
  readonly temporaryFolder: string;
  /** Security configuration for logs and temporary data. @default - none */
  readonly securityConfiguration?: string;
}

/**
 * A Glue job that streams until it is stopped.
 *
 * Its `timeout` is left unset: with one under seven days Glue ends the run for good. CloudFormation does not start jobs;
 * the watchdog does.
 */
export class PySparkStreamingJob extends Construct {
  readonly jobName: string;
  readonly jobArn: string;
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: PySparkStreamingJobProps) {
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
    const job = new CfnJob(this, 'Job', {
      name: props.jobName,
      description: props.description,
      role: this.role.roleArn,
      command: { name: 'gluestreaming', pythonVersion: '3', scriptLocation: props.script },
      glueVersion: GLUE_VERSION,
      workerType: props.workerType,
      numberOfWorkers: props.numberOfWorkers,
      maxRetries: 0,
      executionProperty: { maxConcurrentRuns: 1 },
      maintenanceWindow: props.maintenanceWindow ?? 'Sun:3',
      ...(props.connections?.length ? { connections: { connections: [...props.connections] } } : {}),
      ...(props.securityConfiguration ? { securityConfiguration: props.securityConfiguration } : {}),
      defaultArguments: {
        '--datalake-formats': 'delta',
        '--enable-metrics': 'true',
        '--enable-observability-metrics': 'true',
        '--enable-continuous-cloudwatch-log': 'true',
        '--extra-py-files': props.packages.join(','),
        ...(props.jars?.length ? { '--extra-jars': props.jars.join(',') } : {}),
        '--TempDir': props.temporaryFolder,
        '--conf': Object.entries(sparkConf)
          .map(([name, value]) => `${name}=${value}`)
          .join(' --conf '),
        '--JOB_NAME': props.jobName,
        ...Object.fromEntries(Object.entries(props.arguments).map(([name, value]) => [`--${name}`, value])),
      },
    });
    this.jobName = props.jobName;
    this.jobArn = Stack.of(this).formatArn({ service: 'glue', resource: 'job', resourceName: job.ref });
  }
}
