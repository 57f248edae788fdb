import { Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  CfnSubnet,
  CfnVPC,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { acknowledge } from '../shared/acknowledge.js';
import { brokerPolicy } from '../shared/retention.js';

export interface NetworkStackProps extends StackProps {
  readonly config: Config;
}

const INTERFACE_ENDPOINTS = {
  Glue: InterfaceVpcEndpointAwsService.GLUE,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
} as const;

/** The VPC, its endpoints, and the security group that Kafka's clients share. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  readonly clientSecurityGroup: ISecurityGroup;
  private readonly zones: readonly string[] | undefined;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { config } = props;
    this.zones = config.network.zones;
    this.vpc = config.network.vpcId ? Vpc.fromLookup(this, 'Vpc', { vpcId: config.network.vpcId }) : this.createVpc(config);
    const group = new SecurityGroup(this, 'KafkaClients', {
      vpc: this.vpc,
      securityGroupName: physicalName(config, 'kafka-clients'),
      description: 'Lambda functions and Glue jobs that talk to Kafka',
      allowAllOutbound: true,
    });
    // Glue asks for this: the drivers and executors of one job talk among themselves.
    group.addIngressRule(group, Port.allTcp(), 'Glue workers of one job');
    this.clientSecurityGroup = group;
  }

  /** Those that are named, else chosen at deploy, so that synth needs neither credentials nor a lookup, and three can be had without naming a region. */
  override get availabilityZones(): string[] {
    return this.zones === undefined ? [0, 1, 2].map((index) => Fn.select(index, Fn.getAzs())) : [...this.zones];
  }

  private createVpc(config: Config): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: physicalName(config, 'vpc'),
      maxAzs: config.network.zones?.length ?? config.network.availabilityZones,
      natGateways: config.network.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
    });
    // Gateways, routes and endpoints cost or are made again in minutes: only what holds the brokers' interfaces stays.
    for (const { node } of [vpc, ...vpc.privateSubnets])
      for (const each of [node.defaultChild, node.tryFindChild('Subnet')]) if (each instanceof CfnVPC || each instanceof CfnSubnet) each.applyRemovalPolicy(brokerPolicy(config));
    const flowLogs = new LogGroup(this, 'FlowLogs', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(flowLogs) });
    // Whatever gets hold of credentials of another account carries nothing out through these.
    const ofThisAccount = () =>
      new PolicyStatement({ principals: [new AnyPrincipal()], actions: ['*'], resources: ['*'], conditions: { StringEquals: { 'aws:PrincipalAccount': this.account } } });
    for (const [name, service] of Object.entries({ S3: GatewayVpcEndpointAwsService.S3, DynamoDb: GatewayVpcEndpointAwsService.DYNAMODB }))
      vpc.addGatewayEndpoint(name, { service }).addToPolicy(ofThisAccount());
    // Interface endpoints cost by the hour and zone, so only a stage that must not depend on NAT has them.
    if (config.stage === 'prod') {
      for (const [name, service] of Object.entries(INTERFACE_ENDPOINTS)) {
        const endpoint = vpc.addInterfaceEndpoint(name, { service });
        endpoint.addToPolicy(ofThisAccount());
        acknowledge(endpoint, { 'AwsSolutions-EC23': "The range that an endpoint admits is the VPC's own, a reference that cdk-nag cannot read." });
      }
    }
    return vpc;
  }
}
