import { keyNamed, keyOf, keyPolicy, lacksAsService, lacksForLogs, lacksOfKey, WRITE } from './keys.js';
import { statementsOf } from './policies.js';
import { may, type Role } from './roles.js';
import { at, isObject, type Json, listOf, REGION, type Resource, type StageTemplates } from './templates.js';

const POLICIES: Readonly<Record<string, readonly [type: string, target: string, action: string]>> = {
  'AWS::SNS::Topic': ['AWS::SNS::TopicPolicy', 'Topics', 'sns:Publish'],
  'AWS::SQS::Queue': ['AWS::SQS::QueuePolicy', 'Queues', 'sqs:SendMessage'],
};

/** What a service lacks that sends to a topic or queue as itself: a place in its policy, and in that of its key. */
function cannotSend(service: string, sender: string, targetArn: string, stage: StageTemplates): string[] {
  const target = Object.keys(POLICIES)
    .map((type) => stage.find(type, targetArn))
    .find((found) => found !== undefined);
  if (!target) return [`${sender} sends to ${targetArn}, which no template makes`];
  const [type, property, action] = POLICIES[target.type] as readonly [string, string, string];
  const url = (policy: Resource, each: Json) => stage.text(each, policy.stack);
  const policies = stage
    .ofType(type)
    .filter((policy) => listOf(policy.properties[property]).some((each) => stage.find(target.type, url(policy, each)) === target))
    .flatMap((policy) => statementsOf(policy.properties.PolicyDocument, policy.stack, stage));
  const key = keyOf(target, stage);
  return [
    ...lacksAsService(service, [action], policies).map((lack) => `${lack} in the policy of ${target.id}`),
    ...(key ? lacksAsService(service, WRITE, keyPolicy(key, stage)).map((lack) => `${lack} in the policy of its key ${key.id}`) : []),
  ].map((lack) => `${sender} sends to ${target.id}, and ${service} lacks ${lack}`);
}

/** Alarms, budgets, subscriptions, rules and buckets that tell a topic or a queue. */
export function tellers(stage: StageTemplates): string[] {
  const send = (service: string, resource: Resource, targets: readonly (Json | undefined)[]) =>
    targets.flatMap((target) => (target === undefined ? [] : cannotSend(service, resource.id, stage.text(target, resource.stack), stage)));
  return stage.resources.flatMap((resource) => {
    const { type, properties } = resource;
    switch (type) {
      case 'AWS::CloudWatch::Alarm':
      case 'AWS::CloudWatch::CompositeAlarm':
        return send('cloudwatch.amazonaws.com', resource, [...listOf(properties.AlarmActions), ...listOf(properties.OKActions)]);
      case 'AWS::Budgets::Budget': {
        const subscribers = listOf(properties.NotificationsWithSubscribers).flatMap((each) => listOf(at(each, 'Subscribers')));
        return send(
          'budgets.amazonaws.com',
          resource,
          subscribers.filter((each) => at(each, 'SubscriptionType') === 'SNS').map((each) => at(each, 'Address')),
        );
      }
      case 'AWS::SNS::Subscription':
        return properties.Protocol === 'sqs' ? queueOfTopic(resource, stage) : [];
      case 'AWS::S3::Bucket': {
        const { QueueConfigurations, TopicConfigurations } = isObject(properties.NotificationConfiguration) ? properties.NotificationConfiguration : {};
        return send('s3.amazonaws.com', resource, [
          ...listOf(QueueConfigurations).map((each) => at(each, 'Queue')),
          ...listOf(TopicConfigurations).map((each) => at(each, 'Topic')),
        ]);
      }
      case 'AWS::Events::Rule': {
        const arns = listOf(properties.Targets)
          .filter((each) => at(each, 'RoleArn') === undefined)
          .map((each) => stage.text(at(each, 'Arn'), resource.stack));
        return arns.filter((arn) => /^arn:aws:(sqs|sns):/.test(arn)).flatMap((arn) => cannotSend('events.amazonaws.com', resource.id, arn, stage));
      }
      default:
        return [];
    }
  });
}

/** SNS sends to a queue as itself; the queue's policy is held to the topic, which is of this account. */
const queueOfTopic = (subscription: Resource, stage: StageTemplates): string[] =>
  cannotSend('sns.amazonaws.com', subscription.id, stage.text(subscription.properties.Endpoint, subscription.stack), stage);

const LOGS = `logs.${REGION}.amazonaws.com`;

/** Log groups with a key, whose policy must let CloudWatch Logs in for that very group. */
export const logGroups = (stage: StageTemplates): string[] =>
  stage.ofType('AWS::Logs::LogGroup').flatMap((group) => {
    const key = keyOf(group, stage);
    const arn = stage.arnOf(group).replace(/:\*$/, '');
    return key ? lacksForLogs(LOGS, arn, keyPolicy(key, stage)).map((lack) => `${group.id} is encrypted, and ${LOGS} lacks ${lack} in the policy of its key ${key.id}`) : [];
  });

/** What a resource does by a role of its own. */
export function roleOf(given: Json | undefined, { id, stack }: Resource, roles: readonly Role[], stage: StageTemplates): Role {
  const arn = stage.text(given, stack);
  const role = roles.find((each) => each.arn === arn || each.name === arn);
  if (!role) throw new Error(`${id}: its role ${arn} is in no template`);
  return role;
}

/** What Scheduler calls: the action, and what it is done to. */
function scheduled(target: Json | undefined, stack: string, stage: StageTemplates): readonly [action: string, arn: string] {
  const arn = stage.text(at(target, 'Arn'), stack);
  const universal = /^arn:aws:scheduler:::aws-sdk:(\w+):(\w+)$/.exec(arn);
  if (!universal) return [arn.startsWith('arn:aws:lambda:') ? 'lambda:InvokeFunction' : 'states:StartExecution', arn];
  const [, service = '', call = ''] = universal;
  const { JobName } = JSON.parse(stage.text(at(target, 'Input'), stack)) as { JobName?: string };
  const job = stage.find('AWS::Glue::Job', JobName ?? '');
  if (!job) throw new Error(`a schedule calls ${arn} for ${JobName}, which no template makes`);
  return [`${service}:${call.charAt(0).toUpperCase()}${call.slice(1)}`, stage.arnOf(job)];
}

/** Schedules: what they start, where what cannot be delivered goes, and their own key. */
export const schedules = (roles: readonly Role[], stage: StageTemplates): string[] =>
  stage.ofType('AWS::Scheduler::Schedule').flatMap((schedule) => {
    const { Target } = schedule.properties;
    const role = roleOf(at(Target, 'RoleArn'), schedule, roles, stage);
    const [action, arn] = scheduled(Target, schedule.stack, stage);
    const letters = at(Target, 'DeadLetterConfig', 'Arn');
    const queue = letters === undefined ? undefined : stage.text(letters, schedule.stack);
    const key = keyOf(schedule, stage);
    return [
      ...(role.services.includes('Service scheduler.amazonaws.com') ? [] : [`cannot take ${role.id}`]),
      ...(may(role, action, arn) ? [] : [`${role.id} lacks ${action} on ${arn}`]),
      ...(queue === undefined || may(role, 'sqs:SendMessage', queue) ? [] : [`${role.id} lacks sqs:SendMessage on ${queue}`]),
      ...(key ? lacksOfKey(role, key, ['kms:Decrypt'], stage).map((lack) => `${role.id} lacks ${lack} of ${key.id}`) : []),
    ].map((lack) => `${schedule.id}: ${lack}`);
  });

/** Functions: where what they fail at for good goes, by their own role. */
export const failures = (roles: readonly Role[], stage: StageTemplates): string[] =>
  stage.ofType('AWS::Lambda::EventInvokeConfig').flatMap((config) => {
    const fn = stage.find('AWS::Lambda::Function', stage.text(config.properties.FunctionName, config.stack));
    const destination = at(config.properties.DestinationConfig, 'OnFailure', 'Destination');
    if (!fn || destination === undefined) return [];
    const role = roleOf(fn.properties.Role, fn, roles, stage);
    const queue = stage.text(destination, config.stack);
    return may(role, 'sqs:SendMessage', queue) ? [] : [`${fn.id}: ${role.id} lacks sqs:SendMessage on ${queue}`];
  });

/** State machines: the functions that their steps call, and their own key. */
export const machines = (roles: readonly Role[], stage: StageTemplates): string[] =>
  stage.ofType('AWS::StepFunctions::StateMachine').flatMap((machine) => {
    const role = roleOf(machine.properties.RoleArn, machine, roles, stage);
    const definition = stage.text(machine.properties.DefinitionString, machine.stack);
    const called = [...new Set(definition.match(/arn:aws:lambda:[^"]+/g) ?? [])];
    const given = at(machine.properties.EncryptionConfiguration, 'KmsKeyId');
    const key = given === undefined ? null : keyNamed(given, machine, stage);
    return [
      ...(called.length === 0 ? ['calls no function'] : []),
      ...called.filter((arn) => !may(role, 'lambda:InvokeFunction', arn)).map((arn) => `${role.id} lacks lambda:InvokeFunction on ${arn}`),
      ...(key ? lacksOfKey(role, key, WRITE, stage).map((lack) => `${role.id} lacks ${lack} of ${key.id}`) : []),
    ].map((lack) => `${machine.id}: ${lack}`);
  });
