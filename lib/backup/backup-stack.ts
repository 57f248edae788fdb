import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { acknowledge, acknowledgeWildcards, BUCKET_GRANTS } from '../shared/acknowledge.js';
import { dataPolicy } from '../shared/retention.js';

export interface BackupStackProps extends StackProps {
  readonly config: Config;
  /** Days that a daily backup is kept. */
  readonly dailyDays: number;
  readonly buckets: readonly IBucket[];
  readonly stateTable: ITable;
  readonly key: IKey;
}

/** What AWS Backup documents for its role; S3 is not in the service roles, it has policies of its own ("Creating Amazon S3 backups"). */
const POLICIES = [
  'service-role/AWSBackupServiceRolePolicyForBackup',
  'service-role/AWSBackupServiceRolePolicyForRestores',
  'AWSBackupServiceRolePolicyForS3Backup',
  'AWSBackupServiceRolePolicyForS3Restore',
];

/**
 * Daily copies of what cannot be computed anew: lake, landing and the state table, in a vault of AWS Backup. Checkpoints are left out:
 * without them the jobs begin at what their tables hold (docs/backup.md).
 */
export class BackupStack extends Stack {
  constructor(scope: Construct, id: string, props: BackupStackProps) {
    super(scope, id, props);
    const { config, dailyDays, buckets, stateTable, key } = props;
    const vault = new BackupVault(this, 'Vault', {
      backupVaultName: physicalName(config, 'backups'),
      encryptionKey: key,
      removalPolicy: dataPolicy(config),
    });
    const role = new Role(this, 'Role', {
      description: 'Copies the lake, and puts it back',
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: POLICIES.map((name) => ManagedPolicy.fromAwsManagedPolicyName(name)),
    });
    const reason = 'What AWS documents for its backup service, which keeps it up with the service; only that service assumes the role.';
    acknowledge(role, Object.fromEntries(POLICIES.map((name) => [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${name}]`, reason])));
    key.grantEncryptDecrypt(role);
    acknowledgeWildcards(role, BUCKET_GRANTS);
    const plan = new BackupPlan(this, 'Plan', {
      backupPlanName: physicalName(config, 'daily'),
      backupVault: vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ hour: '3', minute: '30' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(12),
          deleteAfter: Duration.days(dailyDays),
        }),
      ],
    });
    plan.addSelection('Data', {
      backupSelectionName: physicalName(config, 'data'),
      role,
      disableDefaultBackupPolicy: true,
      resources: [...buckets.map(({ bucketArn }) => BackupResource.fromArn(bucketArn)), BackupResource.fromArn(stateTable.tableArn)],
    });
  }
}
