import { RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from './acknowledge.js';

/** A custom resource provider over a function of ours, with its findings acknowledged. */
export class OnEventProvider extends Construct {
  readonly serviceToken: string;

  constructor(scope: Construct, id: string, onEventHandler: IFunction) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const provider = new Provider(this, 'Provider', { onEventHandler, logGroup });
    this.serviceToken = provider.serviceToken;
    acknowledge(provider, {
      'AwsSolutions-L1': "The runtime of CDK's provider framework is CDK's to choose.",
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        "CDK's provider framework takes AWSLambdaBasicExecutionRole: logs only.",
    });
    acknowledgeWildcards(provider, { 'Resource::<%.Arn>:*': 'The provider framework may invoke any version of the one function it wraps.' });
  }
}
