import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { type Dataset, isFed } from '../../contracts/index.js';
import type { TopicSpec } from '../../lambdas/topics/ensure-topics.js';
import { type BrokerConnection, kafkaStatements } from '../broker/connection.js';
import { brokerEnvironment } from '../broker/environment.js';
import { type Config, physicalName } from '../config.js';
import { SluiceFunction } from '../shared/function.js';
import { OnEventProvider } from '../shared/on-event.js';

export interface TopicsStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly broker: BrokerConnection;
  /** @default - functions run outside a VPC */
  readonly vpc?: IVpc;
}

/** Kafka topics from the contracts. Deleting the stack leaves the topics. */
export class TopicsStack extends Stack {
  constructor(scope: Construct, id: string, props: TopicsStackProps) {
    super(scope, id, props);
    const { config, broker } = props;
    const datasets = props.datasets.filter(isFed);
    const manage = new SluiceFunction(this, 'Manage', {
      functionName: physicalName(config, 'topics'),
      description: 'Makes the Kafka topics of the contracts and asserts them on the broker',
      folder: 'topics',
      timeout: Duration.minutes(2),
      environment: brokerEnvironment(broker),
      ...(props.vpc ? { vpc: props.vpc } : {}),
      ...(broker.clientSecurityGroup ? { securityGroups: [broker.clientSecurityGroup] } : {}),
    });
    const names = datasets.map((dataset) => dataset.name);
    for (const statement of kafkaStatements(broker, 'manage', names)) manage.function.addToRolePolicy(statement);
    const topics: TopicSpec[] = datasets.map(({ name, topic }) => ({ name, partitions: topic.partitions, retentionMs: Duration.hours(topic.retentionHours).toMilliseconds() }));
    const provider = new OnEventProvider(this, 'Provider', manage.function);
    new CustomResource(this, 'Topics', { resourceType: 'Custom::KafkaTopics', serviceToken: provider.serviceToken, properties: { topics: JSON.stringify(topics) } });
  }
}
