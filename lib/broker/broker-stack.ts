import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnCluster, CfnConfiguration, CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { privateSubnets } from '../network/subnets.js';
import { acknowledge } from '../shared/acknowledge.js';
import { brokerPolicy } from '../shared/retention.js';
import type { BrokerConnection, ResourceKind } from './connection.js';
import { BROKER_METADATA } from './metadata.js';

export interface BrokerStackProps extends StackProps {
  readonly config: Config;
  readonly vpc: IVpc;
  readonly clientSecurityGroup: ISecurityGroup;
  readonly key: IKey;
}

const IAM_PORT = 9098;
const KAFKA_VERSION = '3.9.x';

/**
 * What makes a broker another one. Size, number and storage of brokers change in place; MSK moves no cluster to another
 * network and turns none into another kind.
 */
function identityOf({ broker, network }: Config): Readonly<Record<string, string>> {
  if (broker.kind === 'existing') return { kind: broker.kind, clusterArn: broker.clusterArn };
  return { kind: broker.kind, vpc: network.vpcId ?? 'its own', zones: network.zones?.join(', ') ?? `the first ${network.availabilityZones}` };
}

/** MSK: provisioned (the cheap default), serverless, or an existing cluster. IAM authentication and TLS always. */
export class BrokerStack extends Stack {
  readonly connection: BrokerConnection;

  constructor(scope: Construct, id: string, props: BrokerStackProps) {
    super(scope, id, props);
    const { broker } = props.config;
    this.templateOptions.metadata = { [BROKER_METADATA]: identityOf(props.config) };
    if (broker.kind === 'plain') throw new Error('broker.kind: "plain" is for the local stage, which has no broker stack');
    if (broker.kind === 'existing') {
      const existing = SecurityGroup.fromSecurityGroupId(this, 'Existing', broker.securityGroupId);
      existing.addIngressRule(props.clientSecurityGroup, Port.tcp(IAM_PORT), 'Kafka with IAM');
      this.connection = { bootstrapServers: broker.bootstrapServers, auth: 'iam', clusterArn: broker.clusterArn, clientSecurityGroup: props.clientSecurityGroup };
      return;
    }
    const group = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      securityGroupName: physicalName(props.config, 'kafka'),
      description: 'Kafka brokers',
      allowAllOutbound: false,
    });
    group.addIngressRule(props.clientSecurityGroup, Port.tcp(IAM_PORT), 'Kafka with IAM');
    const cluster = broker.kind === 'serverless' ? this.serverless(props, group) : this.provisioned(props, broker, group);
    // Interfaces of the brokers are in it: it cannot go before them.
    for (const each of [cluster, group]) each.applyRemovalPolicy(brokerPolicy(props.config));
    const resourceArns = { topic: this.resourceArns(cluster.ref, 'topic'), group: this.resourceArns(cluster.ref, 'group') };
    const bootstrapServers = this.bootstrapServers(cluster.ref);
    this.connection = { bootstrapServers, auth: 'iam', clusterArn: cluster.ref, resourceArns, clientSecurityGroup: props.clientSecurityGroup };
  }

  private serverless({ config, vpc }: BrokerStackProps, group: ISecurityGroup): CfnServerlessCluster {
    const subnetIds = privateSubnets(vpc, config).map(({ subnetId }) => subnetId);
    return new CfnServerlessCluster(this, 'Serverless', {
      // Not the name of the other kind, which may still be there when this one is made.
      clusterName: physicalName(config, 'kafka-serverless'),
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [{ subnetIds, securityGroups: [group.securityGroupId] }],
    });
  }

  private provisioned({ config, vpc, key }: BrokerStackProps, broker: Extract<Config['broker'], { kind: 'provisioned' }>, group: ISecurityGroup): CfnCluster {
    const subnetIds = privateSubnets(vpc, config).map(({ subnetId }) => subnetId);
    const zones = Math.min(subnetIds.length, broker.brokers);
    if (broker.brokers % zones !== 0) throw new Error(`broker.brokers: ${broker.brokers} is no multiple of the ${zones} availability zones`);
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name: physicalName(config, 'kafka'),
      kafkaVersionsList: [KAFKA_VERSION],
      serverProperties: [
        'auto.create.topics.enable=false',
        `default.replication.factor=${Math.min(3, broker.brokers)}`,
        `min.insync.replicas=${broker.brokers > 2 ? 2 : 1}`,
        'unclean.leader.election.enable=false',
      ].join('\n'),
    });
    // A cluster that is kept goes on to use its configuration and its log group.
    configuration.applyRemovalPolicy(brokerPolicy(config));
    const logGroup = new LogGroup(this, 'Logs', { logGroupName: `/${config.app}/${config.stage}/kafka`, retention: RetentionDays.ONE_MONTH, removalPolicy: brokerPolicy(config) });
    return new CfnCluster(this, 'Provisioned', {
      clusterName: physicalName(config, 'kafka'),
      kafkaVersion: KAFKA_VERSION,
      numberOfBrokerNodes: broker.brokers,
      configurationInfo: { arn: configuration.attrArn, revision: 1 },
      brokerNodeGroupInfo: {
        instanceType: broker.instanceType,
        clientSubnets: subnetIds.slice(0, zones),
        securityGroups: [group.securityGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: broker.volumeGiB } },
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionAtRest: { dataVolumeKmsKeyId: key.keyArn }, encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logGroup.logGroupName } } },
    });
  }

  /** Cut out of the cluster's ARN here, where it is known: other stacks read the result, and cut nothing that they read. */
  private resourceArns(clusterArn: string, kind: ResourceKind): string {
    const parts = Fn.split(':cluster/', clusterArn);
    const output = new CfnOutput(this, `${kind}Arns`, { value: Fn.join('', [Fn.select(0, parts), `:${kind}/`, Fn.select(1, parts)]) });
    return Fn.getStackOutput(this.stackName, output.logicalId);
  }

  /** MSK tells its bootstrap servers by API only. */
  private bootstrapServers(clusterArn: string): string {
    const call = {
      service: 'Kafka',
      action: 'getBootstrapBrokers',
      parameters: { ClusterArn: clusterArn },
      physicalResourceId: PhysicalResourceId.of(Fn.join('-', ['bootstrap', clusterArn])),
    };
    const lookup = new AwsCustomResource(this, 'BootstrapServers', {
      onUpdate: call,
      installLatestAwsSdk: false,
      policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [clusterArn] }),
    });
    acknowledge(this, {
      'AwsSolutions-L1': "The runtime of CDK's own custom resource function is CDK's to choose.",
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': "The role of CDK's own custom resource function: logs only.",
    });
    return lookup.getResponseField('BootstrapBrokerStringSaslIam');
  }
}
