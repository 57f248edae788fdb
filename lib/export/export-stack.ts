import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { CachePolicy, Distribution, HttpVersion, ViewerProtocolPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { Dataset, Exporting } from '../../contracts/index.js';
import { type Config, deletesData, physicalName } from '../config.js';
import { acknowledge, acknowledgeWildcards, BUCKET_GRANTS } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import { GlueCode } from '../shared/glue-code.js';
import { GlueJars } from '../shared/glue-jars.js';
import { GlueSecurity } from '../shared/glue-security.js';
import { LakeBatchJob } from '../shared/lake-batch-job.js';
import { EXPORT_QUEUES } from '../shared/queues.js';
import { dataPolicy } from '../shared/retention.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';

export interface ExportStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly exporting: Exporting;
  readonly lake: IBucket;
  readonly artefacts: IBucket;
  readonly key: IKey;
  /** Which generation of a table holds. */
  readonly stateTable: ITable;
}

/** What a dataset exports: the job that writes the lists, their bucket, and CloudFront in front of it. */
export class ExportStack extends Stack {
  readonly lists: Bucket;
  readonly job: LakeBatchJob;

  constructor(scope: Construct, id: string, props: ExportStackProps) {
    super(scope, id, props);
    const { config } = props;
    this.lists = this.bucket(config);
    this.job = this.exportJob(props);
    this.schedule(props);
    if (config.capabilities.cdn) this.distribution(config);
  }

  private bucket(config: Config): Bucket {
    const bucket = new Bucket(this, 'Lists', {
      bucketName: `${physicalName(config, 'lists')}-${this.account}-${this.region}`,
      // Public data; CloudFront reads it without a key of ours.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // `latest` never grows old: every export writes it anew. What is not exported for 90 days is not believed any more.
      lifecycleRules: [{ prefix: 'lists/', expiration: Duration.days(90) }],
      removalPolicy: dataPolicy(config),
      autoDeleteObjects: deletesData(config) && config.capabilities.autoDeleteObjects,
    });
    acknowledge(bucket, { 'AwsSolutions-S1': 'The lists are public, and CloudFront alone reads the bucket.' });
    return bucket;
  }

  private exportJob({ config, datasets, exporting, lake, artefacts, key, stateTable }: ExportStackProps): LakeBatchJob {
    const job = new LakeBatchJob(this, 'Export', {
      code: new GlueCode(this, 'Code', datasets),
      security: new GlueSecurity(this, 'Security', { config, name: 'glue-export', key }),
      ...(config.local ? {} : { jars: new GlueJars(this, 'Jars') }),
      config,
      name: 'export',
      script: `datasets/${exporting.name}/export`,
      description: exporting.exports.description,
      lake,
      artefacts,
      stateTableName: stateTable.tableName,
      arguments: { 'lists-bucket': this.lists.bucketName },
    });
    lake.grantRead(job.role, 'gold/*');
    grantTable(stateTable, job.role, 'GetItem');
    this.lists.grantReadWrite(job.role, 'lists/*');
    acknowledgeWildcards(job.role, {
      'Resource::%Lake%/gold/*': 'Delta names its files itself.',
      'Resource::<Lists%.Arn>/lists/*': 'Lists are named by version.',
    });
    return job;
  }

  /** Looks whether the lists have changed, and starts the job where they have: it costs by the minute. */
  private schedule({ config, lake, stateTable }: ExportStackProps): void {
    const look = new SluiceFunction(this, 'Publish', {
      functionName: physicalName(config, 'publish'),
      description: 'Starts the export of the lists where Gold has changed since the last one',
      folder: 'export',
      timeout: Duration.minutes(1),
      environment: {
        ...(config.local ? { AWS_ENDPOINT_URL_GLUE: config.local.awsEndpoint, S3_FORCE_PATH_STYLE: 'true' } : {}),
        STATE_TABLE: stateTable.tableName,
        LAKE_BUCKET: lake.bucketName,
        LISTS_BUCKET: this.lists.bucketName,
        EXPORT_JOB: this.job.jobName,
      },
    });
    lake.grantRead(look.function, 'gold/*');
    this.lists.grantRead(look.function, 'lists/latest/*');
    grantTable(stateTable, look.function, 'GetItem');
    look.allow(['glue:StartJobRun'], [this.job.jobArn]);
    const [failed, undelivered] = EXPORT_QUEUES;
    boundedAsyncRetries(look.function, scheduleDeadLetters(this, 'Failures', physicalName(config, failed)));
    scheduledInvoke(this, 'Schedule', {
      scheduleName: physicalName(config, 'export'),
      description: `Looks every ${config.export.everyMinutes} minutes whether the lists have changed, and exports them where they have`,
      schedule: ScheduleExpression.rate(Duration.minutes(config.export.everyMinutes)),
      function: look.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters: scheduleDeadLetters(this, 'DeadLetters', physicalName(config, undelivered)),
      // Here two cores have other things to do by the hour: `./sluice export`.
      enabled: config.export.schedule,
    });
    acknowledgeWildcards(this, {
      ...BUCKET_GRANTS,
      'Resource::%Lake%/gold/*': 'Delta names its files itself.',
      'Resource::<Lists%.Arn>/lists/latest/*': 'The manifest of the last export.',
      'Resource::<Publish%.Arn>:*': 'A schedule may invoke any version of the one function it names.',
    });
  }

  private distribution(config: Config): void {
    const distribution = new Distribution(this, 'Distribution', {
      comment: physicalName(config, 'lists'),
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.lists),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        // The objects say themselves how long they may be kept (Cache-Control); ETag and If-None-Match pass.
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        compress: true,
      },
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'The lists are for everybody.',
      'AwsSolutions-CFR2': 'Static public files: there is nothing behind them to attack.',
      'AwsSolutions-CFR3': 'A log of who fetches lists would be personal data that nobody needs.',
      'AwsSolutions-CFR4': "The default certificate of cloudfront.net; with a domain of one's own, TLS 1.2 is set beside it.",
    });
    new CfnOutput(this, 'ListsUrl', { description: 'Where resolvers subscribe', value: `https://${distribution.distributionDomainName}/lists/latest/manifest.json` });
  }
}
