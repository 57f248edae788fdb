import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { matches } from '../support/walk/policies.js';
import { type Json, StageTemplates, type TemplateJson } from '../support/walk/templates.js';
import { walk } from '../support/walk/walk.js';

const ofAccount = (service: string, actions: readonly string[]) =>
  new PolicyStatement({
    principals: [new ServicePrincipal(service)],
    actions: [...actions],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
  });

/** A stack with an encrypted queue, of whose key every sender may be given its place, or not. */
function found(build: (stack: Stack, queue: Queue) => void, senders: readonly string[] = []): string {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'S', {
    env: { account: '000000000000', region: 'us-east-1' },
  });
  const key = new Key(stack, 'Key');
  const queue = new Queue(stack, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: Key.fromKeyArn(stack, 'Known', key.keyArn) });
  build(stack, queue);
  for (const service of senders) {
    queue.addToResourcePolicy(ofAccount(service, ['sqs:SendMessage']));
    key.addToResourcePolicy(ofAccount(service, ['kms:Decrypt', 'kms:GenerateDataKey*']));
  }
  return walk(new StageTemplates({ s: Template.fromStack(stack).toJSON() as TemplateJson })).join('\n');
}

describe('the walk, where a stage has no such thing yet', () => {
  test.each<[string, string, (stack: Stack, queue: Queue) => void]>([
    ['SNS', 'sns.amazonaws.com', (stack, queue) => void new Topic(stack, 'Topic').addSubscription(new SqsSubscription(queue))],
    [
      'a rule of EventBridge',
      'events.amazonaws.com',
      (stack, queue) => void new Rule(stack, 'Rule', { eventBus: EventBus.fromEventBusName(stack, 'Bus', 'x'), eventPattern: { source: ['x'] }, targets: [new SqsQueue(queue)] }),
    ],
  ])('%s sends to an encrypted queue: it must stand in the policy of the key', (_, service, build) => {
    expect(found(build)).toMatch(new RegExp(`${service} lacks kms:GenerateDataKey in the policy of its key s\\.Key`));
    expect(found(build, [service])).toBe('');
  });

  test('S3 tells a queue: read from the bucket as CloudFormation writes it', () => {
    const notified = (policy: Json): string[] =>
      walk(
        new StageTemplates({
          s: {
            Resources: {
              Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [] } } },
              Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
              Policy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Queue' }], PolicyDocument: { Statement: policy } } },
              Bucket: {
                Type: 'AWS::S3::Bucket',
                Properties: { NotificationConfiguration: { QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: { 'Fn::GetAtt': ['Queue', 'Arn'] } }] } },
              },
            },
          },
        }),
      );
    const policy = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*', Principal: { Service: 's3.amazonaws.com' } };
    const bounds = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
    expect(notified([])).toEqual([expect.stringContaining('s.Bucket sends to s.Queue, and s3.amazonaws.com lacks sqs:SendMessage')]);
    expect(notified([policy])).toHaveLength(1);
    expect(notified([{ ...policy, Condition: bounds }])).toEqual([]);
  });

  /** A stage of one schedule that calls an API directly for a job, by a role that may do what is given. */
  const scheduled = (allowed: Json, arn = 'arn:aws:scheduler:::aws-sdk:glue:stopJobRun', input: Json = { 'Fn::Join': ['', ['{"JobName":"', { Ref: 'Job' }, '"}']] }): string[] =>
    walk(
      new StageTemplates({
        s: {
          Resources: {
            Job: { Type: 'AWS::Glue::Job', Properties: { Name: 'medallion', Command: { Name: 'gluestreaming' }, WorkerType: 'G.025X' } },
            Role: {
              Type: 'AWS::IAM::Role',
              Properties: {
                AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'scheduler.amazonaws.com' } }] },
                Policies: [{ PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'glue:StartJobRun', Resource: '*' }, ...(allowed as Json[])] } }],
              },
            },
            Schedule: { Type: 'AWS::Scheduler::Schedule', Properties: { Target: { Arn: arn, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, Input: input } } },
          },
        },
      }),
    );

  test('a schedule that calls an API directly: its role needs the very action on the very job', () => {
    const job = 'arn:aws:glue:us-east-1:000000000000:job/medallion';
    const stop = (resource: string): Json => [{ Effect: 'Allow', Action: 'glue:StopJobRun', Resource: resource }];
    const lack = [`s.Schedule: s.Role lacks glue:StopJobRun on ${job}`];
    expect(scheduled([])).toEqual(lack);
    expect(scheduled(stop(`${job}-other`))).toEqual(lack);
    expect(scheduled(stop(job))).toEqual([]);
  });

  test('a schedule that calls an API for what no template makes is refused, not passed over', () => {
    expect(() => scheduled([], undefined, '{"JobName":"gone"}')).toThrow('a schedule calls arn:aws:scheduler:::aws-sdk:glue:stopJobRun for gone, which no template makes');
    expect(() => scheduled([], 'arn:aws:scheduler:::aws-sdk:sns:publish', '{"TopicArn":"x"}')).toThrow(/calls arn:aws:scheduler:::aws-sdk:sns:publish/);
  });

  test('an encrypted log group asks for CloudWatch Logs in the policy of its key', () => {
    expect(found((stack) => void new LogGroup(stack, 'Logs', { logGroupName: '/x', encryptionKey: new Key(stack, 'Other') }))).toContain('s.Logs');
  });

  test('a key, a role or a managed policy that no template makes is refused, not passed over', () => {
    const foreign = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
    expect(() => found((stack) => void new LogGroup(stack, 'Logs', { encryptionKey: Key.fromKeyArn(stack, 'Foreign', foreign) }))).toThrow(`its key ${foreign} is in no template`);
    const role = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] }, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } };
    expect(() => walk(new StageTemplates({ s: { Resources: { Role: role } } }))).toThrow(/AdministratorAccess allows is not known to the walk/);
  });

  test.each([
    ['kms:GenerateDataKey*', 'kms:GenerateDataKey', true],
    ['arn:aws:s3:::b', 'arn:aws:s3:::b/x', false],
    ['arn:aws:logs:*:*:log-group:/a/*', 'arn:aws:logs:r:1:log-group:/a/b/c', true],
    ['a.c', 'abc', false],
    ['a?c', 'abc', true],
  ])('the pattern %s takes in %s: %s', (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected));
});
