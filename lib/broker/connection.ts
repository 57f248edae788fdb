import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** What of a broker rights are given on, beside the cluster. */
export type ResourceKind = 'topic' | 'group';

/** How code reaches a broker, whoever made it. */
export interface BrokerConnection {
  readonly bootstrapServers: string;
  readonly auth: 'iam' | 'none';
  /** @default - a broker without IAM has none */
  readonly clusterArn?: string;
  /** What the ARNs of its topics and groups begin with. @default - made of `clusterArn`, which is then known at synth */
  readonly resourceArns?: Readonly<Record<ResourceKind, string>>;
  /** Group that clients join, so that the broker's rules let them in. @default - no VPC */
  readonly clientSecurityGroup?: ISecurityGroup;
}

/** `arn:…:topic/CLUSTER/UUID/NAME` (service authorization reference of Amazon MSK). */
const resourceArn = ({ clusterArn = '', resourceArns }: BrokerConnection, kind: ResourceKind, name: string): string =>
  `${resourceArns?.[kind] ?? clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;

/** `inspect`: see how topics are set up, which reading and writing do not. */
type Access = 'read' | 'write' | 'inspect' | 'manage';

const TOPIC_ACTIONS: Record<Access, readonly string[]> = {
  read: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
  write: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
  inspect: ['kafka-cluster:DescribeTopic', 'kafka-cluster:DescribeTopicDynamicConfiguration'],
  manage: [
    'kafka-cluster:CreateTopic',
    'kafka-cluster:DescribeTopic',
    'kafka-cluster:AlterTopic',
    'kafka-cluster:DescribeTopicDynamicConfiguration',
    'kafka-cluster:AlterTopicDynamicConfiguration',
  ],
};

const CLUSTER_ACTIONS: Record<Access, readonly string[]> = {
  read: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
  write: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster', 'kafka-cluster:WriteDataIdempotently'],
  inspect: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
  manage: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
};

/** Spark's Kafka source reads with groups of its own making, all of this prefix. */
const SPARK_GROUPS = 'spark-kafka-source-*';

/**
 * The statements that let a client do `access` to exactly these topics. None where the broker has no IAM.
 *
 * @param group the consumer group of a client that reads
 */
export function kafkaStatements(broker: BrokerConnection, access: Access, topics: readonly string[], group: string = SPARK_GROUPS): PolicyStatement[] {
  const { clusterArn } = broker;
  if (broker.auth === 'none' || clusterArn === undefined) return [];
  const statements = [
    new PolicyStatement({ actions: [...CLUSTER_ACTIONS[access]], resources: [clusterArn] }),
    new PolicyStatement({ actions: [...TOPIC_ACTIONS[access]], resources: topics.map((topic) => resourceArn(broker, 'topic', topic)) }),
  ];
  if (access === 'read') {
    statements.push(new PolicyStatement({ actions: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'], resources: [resourceArn(broker, 'group', group)] }));
  }
  return statements;
}
