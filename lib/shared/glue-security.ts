import { CfnSecurityConfiguration } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { acknowledge } from './acknowledge.js';
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

  constructor(scope: Construct, id: string, { config, name, key }: GlueSecurityProps) {
    super(scope, id);
    if (!config.capabilities.securityConfiguration) {
      this.jobProps = {};
      return;
    }
    const securityConfiguration = physicalName(config, name);
    new CfnSecurityConfiguration(this, 'Configuration', {
      name: securityConfiguration,
      encryptionConfiguration: {
        cloudWatchEncryption: { cloudWatchEncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn },
        jobBookmarksEncryption: { jobBookmarksEncryptionMode: 'CSE-KMS', kmsKeyArn: key.keyArn },
        s3Encryptions: [{ s3EncryptionMode: 'SSE-KMS', kmsKeyArn: key.keyArn }],
      },
    });
    this.jobProps = { securityConfiguration };
  }

  /** Says of a job that it has no security configuration because the platform knows none. */
  acknowledgeOn(job: PySparkJob): void {
    const reason = 'The emulator knows no Glue security configuration; deployed stages have one.';
    if (this.jobProps.securityConfiguration === undefined) acknowledge(job, { 'AwsSolutions-GL1': reason, 'AwsSolutions-GL3': reason });
  }
}
