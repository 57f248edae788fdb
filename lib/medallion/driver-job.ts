import type { Construct } from 'constructs';
import { isFed } from '../../contracts/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { kafkaStatements } from '../broker/connection.js';
import { type Config, databasePrefix, physicalName } from '../config.js';
import { acknowledgeWildcards } from '../shared/acknowledge.js';
import { GLUE_JOBS } from '../shared/glue-code.js';
import type { LakeJobParts } from '../shared/lake-batch-job.js';
import type { LakeStackProps } from '../shared/lake-props.js';
import { metricsNamespace } from '../shared/names.js';
import { PySparkStreamingJob } from '../shared/pyspark-job.js';
import { grantNetwork, grantWriter } from './driver-rights.js';
import { fingerprintOf } from './fingerprint.js';

/** Writes checkpoints by abortable uploads instead of renames, which S3 does not have. */
const CHECKPOINT_MANAGER = 'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager';

/** Tells a driver its stage's databases. Glue takes no empty argument: the local stage's have no prefix. */
export const databaseArgument = (config: Config): Record<string, string> => (databasePrefix(config) === '' ? {} : { 'database-prefix': databasePrefix(config) });

/** How often a driver looks and tidies, where the stage has a word of its own. */
function paceArguments({ medallion }: Config): Record<string, string> {
  const pace = {
    'max-offsets-per-trigger': medallion.maxOffsetsPerTrigger,
    'trigger-seconds': medallion.triggerSeconds,
    'bronze-trigger-seconds': medallion.bronzeTriggerSeconds,
    'gold-trigger-seconds': medallion.goldTriggerSeconds,
    'background-trigger-seconds': medallion.backgroundTriggerSeconds,
    'periodic-seconds': medallion.periodicSeconds,
    'optimise-after-commits': medallion.optimiseAfterCommits,
  };
  return Object.fromEntries(Object.entries(pace).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

export interface DriverJobProps extends LakeJobParts, LakeStackProps {
  /** Without app and stage; the entry point has the same name. */
  readonly name: string;
  readonly layers: readonly string[];
  /** Names of Glue connections. */
  readonly connections: readonly string[];
}

/** A streaming job that writes layers of every dataset, with what it may do. */
export class DriverJob extends PySparkStreamingJob {
  /** What a run of it must be of. */
  readonly fingerprint: string;

  constructor(scope: Construct, id: string, props: DriverJobProps) {
    const { config, name, layers, datasets, code, jars, security, connections, lake, checkpoints, artefacts, broker, stateTable } = props;
    const fingerprint = fingerprintOf(GLUE_JOBS, `${name}.py`, code.contractsText, jars?.hashes ?? []);
    super(scope, id, {
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
      artefacts,
      ...security.jobProps,
      arguments: {
        lake: `s3a://${lake.bucketName}`,
        checkpoints: `s3a://${checkpoints.bucketName}`,
        contracts: code.contracts.s3ObjectUrl,
        'bootstrap-servers': broker.bootstrapServers,
        'kafka-auth': broker.auth,
        'state-table': stateTable.tableName,
        'metrics-namespace': metricsNamespace(config),
        ...databaseArgument(config),
        ...paceArguments(config),
        release: fingerprint,
      },
    });
    this.fingerprint = fingerprint;
    security.protect(this);
    this.grant(props);
  }

  private grant({ config, datasets, broker, lake, checkpoints, stateTable, vpc }: DriverJobProps): void {
    for (const bucket of [lake, checkpoints]) bucket.grantReadWrite(this.role);
    grantWriter(this, stateTable, config);
    const topics = datasets.filter(isFed).map(({ name }) => name);
    // Drivers tell of maintenance as others tell what they did.
    for (const statement of [...kafkaStatements(broker, 'read', topics), ...kafkaStatements(broker, 'write', [operations.name])]) this.role.addToPrincipalPolicy(statement);
    if (vpc) grantNetwork(this);
    acknowledgeWildcards(this.role, {
      'Resource::%Lake%/*': 'Delta names its files itself.',
      'Resource::%Checkpoints%/*': 'Spark names its checkpoint files itself.',
      'Resource::arn:<AWS::Partition>:ec2:*:*:network-interface/*': 'Interfaces that Glue makes for a run; held to its own tag.',
      'Resource::%/spark-kafka-source-*': 'Spark names its consumer groups itself, all with this prefix.',
    });
  }
}
