import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.js';
import { functionCode } from './bundle.js';

export interface SluiceFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** Folder below `lambdas/`; its `handler.ts` exports `handler`. */
  readonly folder: string;
  /** @default Duration.seconds(30) */
  readonly timeout?: Duration;
  /** @default 256 */
  readonly memoryMiB?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - outside any VPC */
  readonly vpc?: IVpc;
  /** @default - a new one where there is a VPC */
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** A bundled Node.js function with its log group and a role that holds no managed wildcard. */
export class SluiceFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: SluiceFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', { logGroupName: `/aws/lambda/${props.functionName}`, retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: `Role of ${props.functionName}` });
    logGroup.grantWrite(role);
    if (props.vpc) {
      role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole'));
      acknowledge(role, {
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]':
          'AWSLambdaVPCAccessExecutionRole is what Lambda documents for network interfaces, whose ARNs are not known beforehand.',
      });
    }
    this.function = new LambdaFunction(this, 'Function', {
      functionName: props.functionName,
      description: props.description,
      code: functionCode(this, props.folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      role,
      logGroup,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memoryMiB ?? 256,
      environment: { ...props.environment },
      ...(props.vpc ? { vpc: props.vpc, ...(props.securityGroups ? { securityGroups: [...props.securityGroups] } : {}) } : {}),
    });
    acknowledge(this, { 'AwsSolutions-L1': 'Node.js 22 is a supported LTS runtime; it is raised together with the tests, not by the calendar.' });
  }

  /** Grants to the function's role. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.function.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }
}
