import type { Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import type { GlueCode } from './glue-code.js';
import type { GlueJars } from './glue-jars.js';
import type { GlueSecurity } from './glue-security.js';
import { PySparkBatchJob } from './pyspark-job.js';

/** What every job on the lake is made of. */
export interface LakeJobParts {
  readonly code: GlueCode;
  /** @default - none: drivers on this machine find the same jars on their class path */
  readonly jars?: GlueJars;
  readonly security: GlueSecurity;
}

export interface LakeBatchJobProps extends LakeJobParts {
  readonly config: Config;
  /** Without app and stage. */
  readonly name: string;
  /** The entry point, by its path below the folder of the Spark code. */
  readonly script: string;
  readonly description: string;
  readonly lake: IBucket;
  readonly artefacts: IBucket;
  readonly stateTableName: string;
  /** Arguments beside lake, contracts and state table. @default {} */
  readonly arguments?: Readonly<Record<string, string>>;
  /** @default Duration.hours(1) */
  readonly timeout?: Duration;
}

/** A job that reads the lake and ends by itself. What of the lake it may touch, its stack grants. */
export class LakeBatchJob extends PySparkBatchJob {
  constructor(scope: Construct, id: string, { config, name, script, description, code, jars, security, lake, artefacts, stateTableName, timeout, ...props }: LakeBatchJobProps) {
    super(scope, id, {
      jobName: physicalName(config, name),
      description,
      script: code.script(script),
      packages: [code.medallion],
      ...(jars ? { delta: jars.delta } : {}),
      files: [code.contracts],
      workerType: config.medallion.batchWorkerType,
      numberOfWorkers: config.medallion.workers,
      artefacts,
      ...(timeout ? { timeout } : {}),
      ...security.jobProps,
      arguments: { lake: `s3a://${lake.bucketName}`, contracts: code.contracts.s3ObjectUrl, ...props.arguments, 'state-table': stateTableName },
    });
    security.protect(this);
  }
}
