import type { StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Dataset } from '../../contracts/index.js';
import type { BrokerConnection } from '../broker/connection.js';
import type { Config } from '../config.js';

/** What a stack is given that works on the whole lake. */
export interface LakeStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly broker: BrokerConnection;
  readonly key: IKey;
  readonly lake: IBucket;
  readonly checkpoints: IBucket;
  readonly artefacts: IBucket;
  readonly stateTable: ITable;
  /** @default - jobs and functions run outside a VPC */
  readonly vpc?: IVpc;
}
