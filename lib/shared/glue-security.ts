import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSecurityConfiguration } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { acknowledge } from './acknowledge.js';
import { GLUE_LOGS, glueLogGroup } from './glue-logs.js';
import type { PySparkJob } from './pyspark-job.js';

export interface GlueSecurityProps {
  readonly config: Config;
  readonly name: string;
  readonly key: IKey;
}

/** Encryption of what Glue jobs write on their way: logs, bookmarks, temporary data. The emulator knows none. */
export class GlueSecurity extends Construct {
  /** What a job is given; empty where the platform has none. */
  readonly jobProps: { readonly securityConfiguration?: string };
  private readonly key: IKey;
  private readonly securityConfiguration: string;

  constructor(scope: Construct, id: string, { config, name, key }: GlueSecurityProps) {
    super(scope, id);
    this.key = key;
    this.securityConfiguration = physicalName(config, name);
    if (!config.capabilities.securityConfiguration) {
      this.jobProps = {};
      return;
    }
    const made = new CfnSecurityConfiguration(this, 'Configuration', {
      name: this.securityConfiguration,
      encryptionConfiguration: {
        cloudWatchEncryption: { cloudWatchEncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: 'CSE-KMS', kmsKeyArn: key.keyArn },
        s3Encryptions: [{ s3EncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn }],
      },
    });
    // By reference: a job is made after it.
    this.jobProps = { securityConfiguration: made.ref };
  }

  /**
   * What a job's runs log to, made before the first of them: those that Glue makes keep what they have for ever. Where the
   * platform knows no security configuration, says so of the job.
   */
  protect(job: PySparkJob): void {
    if (this.jobProps.securityConfiguration !== undefined) {
      for (const kind of GLUE_LOGS)
        new LogGroup(job, `Logs-${kind}`, {
          logGroupName: glueLogGroup(kind, { securityConfiguration: this.securityConfiguration, roleName: job.role.roleName }),
          retention: RetentionDays.ONE_MONTH,
          encryptionKey: this.key,
          removalPolicy: RemovalPolicy.DESTROY,
        });
      return;
    }
    const reason = 'The emulator knows no Glue security configuration; deployed stages have one.';
    acknowledge(job, { 'AwsSolutions-GL1': reason, 'AwsSolutions-GL3': reason });
  }
}
