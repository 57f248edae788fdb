import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SqsSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Config, physicalName } from '../config.js';
import { acknowledge } from '../shared/acknowledge.js';

/** Services that tell through the channels: alarms, and the budget. They need the channel and its key alike. */
const TELLING = ['cloudwatch', 'budgets'] as const;

/** Alarms and budgets of other accounts tell nothing here. */
const ofThisAccount = (scope: Construct) => ({ StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } });

/** Where alarms go: a channel (a topic of SNS) for what must be seen to at once, one for what can wait, and who listens to each. */
export class NotificationChannels extends Construct {
  readonly page: ITopic;
  readonly ticket: ITopic;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const masterKey = config.capabilities.notificationKey ? this.key(config) : undefined;
    const channel = (name: 'page' | 'ticket') => {
      const made = new Topic(this, name, { topicName: physicalName(config, name), enforceSSL: true, ...(masterKey ? { masterKey } : {}) });
      if (!masterKey) acknowledge(made, { 'AwsSolutions-SNS2': 'The AWS on this machine has no KMS.' });
      // A policy that asks for TLS takes the place of the default one, which let the account's services in.
      for (const service of TELLING)
        made.addToResourcePolicy(
          new PolicyStatement({
            actions: ['sns:Publish'],
            resources: [made.topicArn],
            principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
            conditions: ofThisAccount(this),
          }),
        );
      const { emails, urls, slack } = config.monitoring[name];
      for (const address of emails) made.addSubscription(new EmailSubscription(address));
      for (const url of urls) made.addSubscription(new UrlSubscription(url));
      if (slack)
        new SlackChannelConfiguration(this, `${name}-slack`, {
          slackChannelConfigurationName: physicalName(config, name),
          slackWorkspaceId: slack.workspaceId,
          slackChannelId: slack.channelId,
          notificationTopics: [made],
        });
      return made;
    };
    [this.page, this.ticket] = [channel('page'), channel('ticket')];
    if (config.monitoring.inbox) {
      const inbox = new Queue(this, 'Inbox', { queueName: physicalName(config, 'notifications'), encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true });
      acknowledge(inbox, { 'AwsSolutions-SQS3': 'What nobody reads here is read in the alarms themselves.' });
      for (const each of [this.page, this.ticket]) each.addSubscription(new SqsSubscription(inbox, { rawMessageDelivery: true }));
    }
  }

  /** A key of its own: CloudWatch must be able to use it, and needs no key to the data. */
  private key(config: Config): Key {
    const key = new Key(this, 'Key', {
      alias: physicalName(config, 'notifications'),
      description: 'Notifications of alarms',
      enableKeyRotation: true,
      // It keeps nothing: the next deploy makes another.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const service of TELLING)
      key.addToResourcePolicy(
        new PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          resources: ['*'],
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          conditions: ofThisAccount(this),
        }),
      );
    return key;
  }
}
