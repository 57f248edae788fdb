import { ArnFormat, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type Config, deletesData, physicalName } from '../config.js';
import { acknowledge } from '../shared/acknowledge.js';
import { dataPolicy } from '../shared/retention.js';

export interface StorageStackProps extends StackProps {
  readonly config: Config;
}

const DAY = (days: number) => Duration.days(days);

/** What is not current any more goes after some days, and so does the marker of what was deleted; what is current never. */
const oldVersions = (days: number): LifecycleRule[] => [{ noncurrentVersionExpiration: DAY(days), expiredObjectDeleteMarker: true }];

/**
 * Everything that holds data: the lake (Delta tables), landing (bodies, snapshots), checkpoints, artefacts (query
 * results, job logs), and the state table (source state, writer leases).
 */
export class StorageStack extends Stack {
  readonly key: Key;
  readonly lake: Bucket;
  readonly landing: Bucket;
  readonly checkpoints: Bucket;
  readonly artefacts: Bucket;
  readonly stateTable: Table;

  constructor(scope: Construct, id: string, props: StorageStackProps) {
    super(scope, id, props);
    const { config } = props;
    const removalPolicy = dataPolicy(config);
    const autoDeleteObjects = deletesData(config) && config.capabilities.autoDeleteObjects;
    this.key = new Key(this, 'Key', { alias: physicalName(config, 'data'), description: `Data of ${physicalName(config, 'lake')}`, enableKeyRotation: true, removalPolicy });
    this.letLogsIn();

    const logs = new Bucket(this, 'AccessLogs', {
      bucketName: this.bucketName(config, 'access-logs'),
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: DAY(90) }],
      removalPolicy,
      // What empties it shuts it first: logs of the others go on to come while they go.
      autoDeleteObjects,
    });
    acknowledge(logs, { 'AwsSolutions-S1': 'This bucket receives the access logs; logging it into itself would never end.' });

    const bucket = (name: string, lifecycleRules: LifecycleRule[] = [], keep?: number) =>
      new Bucket(this, name, {
        bucketName: this.bucketName(config, name.toLowerCase()),
        encryption: BucketEncryption.KMS,
        encryptionKey: this.key,
        bucketKeyEnabled: true,
        blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
        enforceSSL: true,
        serverAccessLogsBucket: logs as IBucket,
        serverAccessLogsPrefix: `${name.toLowerCase()}/`,
        versioned: keep !== undefined,
        lifecycleRules: [{ abortIncompleteMultipartUploadAfter: DAY(7) }, ...(keep === undefined ? [] : oldVersions(keep)), ...lifecycleRules],
        removalPolicy,
        autoDeleteObjects,
      });
    // Nothing expires live table data: VACUUM in the writer is the only thing that deletes here.
    const keep = config.capabilities.backup ? config.backup.versionsDays : undefined;
    this.lake = bucket('Lake', [], keep);
    this.landing = bucket(
      'Landing',
      [
        { prefix: 'refused/', expiration: DAY(90) },
        { prefix: 'bodies/', expiration: DAY(400) },
      ],
      keep,
    );
    this.checkpoints = bucket('Checkpoints');
    this.artefacts = bucket('Artefacts', [
      { prefix: 'athena/', expiration: DAY(7) },
      { prefix: 'tmp/', expiration: DAY(7) },
    ]);

    this.stateTable = new Table(this, 'State', {
      tableName: physicalName(config, 'state'),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
    });
  }

  /** Glue encrypts the logs of its runs with our key, and CloudWatch Logs does so as itself: for Glue's log groups of this account alone. */
  private letLogsIn(): void {
    const groups = this.formatArn({ service: 'logs', resource: 'log-group', resourceName: '/aws-glue/jobs/*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
      }),
    );
  }

  /** Bucket names are global: account and region keep them apart. */
  private bucketName(config: Config, name: string): string {
    return `${physicalName(config, name)}-${this.account}-${this.region}`;
  }
}
