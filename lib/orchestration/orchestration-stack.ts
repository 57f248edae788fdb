import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  Map as MapState,
  Pass,
  Result,
  StateMachine,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Dataset } from '../../contracts/index.js';
import { httpSources } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { type BrokerConnection, kafkaStatements } from '../broker/connection.js';
import { brokerEnvironment } from '../broker/environment.js';
import { type Config, physicalName } from '../config.js';
import { isHourly, isOn } from '../ingestion/sources.js';
import { acknowledgeWildcards } from '../shared/acknowledge.js';
import { SluiceFunction } from '../shared/function.js';
import { HOURLY_FLOW } from '../shared/names.js';
import { ORCHESTRATION_QUEUES } from '../shared/queues.js';
import { MAX_EVENT_AGE, RETRIES, scheduleDeadLetters } from '../shared/schedule.js';
import { grantTable } from '../shared/table-grant.js';

export interface OrchestrationStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly broker: BrokerConnection;
  readonly ingest: IFunction;
  readonly stateTable: ITable;
  /** Hears of runs in which something went wrong. */
  readonly channel: ITopic;
  /** @default - the function runs outside a VPC */
  readonly vpc?: IVpc;
}

/** A source may take so long, retries not counted: what the ingest function is given. */
const SOURCE_TIMEOUT = Duration.minutes(10);

/**
 * The hourly flow, which owns the sources whose cadence is an hour or slower: is the broker well? Then the due ones side
 * by side, each with its timeout, retries and outcome, then one summary. One source failing holds back no other.
 */
export class OrchestrationStack extends Stack {
  readonly flow: StateMachine;

  constructor(scope: Construct, id: string, props: OrchestrationStackProps) {
    super(scope, id, props);
    const { config } = props;
    const steps = this.steps(props);
    this.flow = this.machine(props, steps);
    const [undelivered] = ORCHESTRATION_QUEUES;
    new Schedule(this, 'Hourly', {
      scheduleName: physicalName(config, 'hourly'),
      description: 'Ingests the sources that are due',
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      enabled: config.ingestion.schedules,
      target: new StepFunctionsStartExecution(this.flow, {
        retryAttempts: RETRIES,
        maxEventAge: MAX_EVENT_AGE,
        deadLetterQueue: scheduleDeadLetters(this, 'DeadLetters', physicalName(config, undelivered)),
      }),
    });
  }

  private steps({ config, datasets, broker, stateTable, channel, vpc }: OrchestrationStackProps): SluiceFunction {
    const feeds = httpSources(datasets).flatMap(({ source }) => (isHourly(source) && isOn(config, source) ? [{ name: source.name, everyMinutes: source.cadence.minutes }] : []));
    // What an operator allowed or denied for a time ends by itself.
    const operators = datasets.flatMap((dataset) => dataset.sources.flatMap((source) => (source.kind === 'operator' ? [{ name: source.name, everyMinutes: 60 }] : [])));
    const steps = new SluiceFunction(this, 'Steps', {
      functionName: physicalName(config, 'flow'),
      description: 'First and last step of the hourly flow: what is due, and what became of it',
      folder: 'flow',
      timeout: Duration.minutes(1),
      environment: {
        ...brokerEnvironment(broker),
        STATE_TABLE: stateTable.tableName,
        FLOW: JSON.stringify({ sources: [...feeds, ...operators], topic: channel.topicArn, always: config.ingestion.notifyAlways }),
      },
      ...(vpc ? { vpc } : {}),
      ...(broker.clientSecurityGroup ? { securityGroups: [broker.clientSecurityGroup] } : {}),
    });
    grantTable(stateTable, steps.function, 'GetItem');
    channel.grantPublish(steps.function);
    for (const statement of kafkaStatements(broker, 'write', [operations.name])) steps.function.addToRolePolicy(statement);
    return steps;
  }

  /** Without a plan nothing is checked: people are told why, and the run ends as failed, which an alarm watches. */
  private failure(steps: SluiceFunction): IChainable {
    const tell = new LambdaInvoke(this, 'TellOfFailure', {
      lambdaFunction: steps.function,
      payload: TaskInput.fromObject({ step: 'failed', 'runId.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime', 'error.$': '$.error' }),
      resultPath: JsonPath.DISCARD,
      taskTimeout: Timeout.duration(Duration.minutes(2)),
    });
    return tell.next(new Fail(this, 'NotPlanned', { errorPath: '$.error.Error', causePath: '$.error.Cause' }));
  }

  private machine({ config, ingest }: OrchestrationStackProps, steps: SluiceFunction): StateMachine {
    const plan = new LambdaInvoke(this, 'WhatIsDue', {
      lambdaFunction: steps.function,
      payload: TaskInput.fromObject({ step: 'plan' }),
      resultSelector: { 'value.$': '$.Payload' },
      resultPath: '$.plan',
      taskTimeout: Timeout.duration(Duration.minutes(2)),
      // Retried below, for every error and not for Lambda's own alone.
      retryOnServiceExceptions: false,
    });
    plan.addRetry({ errors: [Errors.ALL], maxAttempts: RETRIES, interval: Duration.seconds(config.ingestion.retrySeconds), backoffRate: 2 });
    plan.addCatch(this.failure(steps), { errors: [Errors.ALL], resultPath: '$.error' });
    const check = new LambdaInvoke(this, 'Ingest', {
      lambdaFunction: ingest,
      payload: TaskInput.fromObject({ 'source.$': '$.source', scheduled: true }),
      payloadResponseOnly: true,
      taskTimeout: Timeout.duration(SOURCE_TIMEOUT),
      // Retried below, for every error and not for Lambda's own alone.
      retryOnServiceExceptions: false,
    });
    check.addRetry({ errors: [Errors.ALL], maxAttempts: RETRIES, interval: Duration.seconds(config.ingestion.retrySeconds), backoffRate: 2 });
    check.addCatch(new Pass(this, 'Failed', { parameters: { 'source.$': '$.source', 'error.$': '$.error' } }), { errors: [Errors.ALL], resultPath: '$.error' });
    const each = new MapState(this, 'EachDueSource', { itemsPath: JsonPath.stringAt('$.plan.value.due'), maxConcurrency: config.ingestion.concurrency, resultPath: '$.attempts' });
    each.itemProcessor(check);
    const summarise = new LambdaInvoke(this, 'Summarise', {
      lambdaFunction: steps.function,
      payload: TaskInput.fromObject({ step: 'summarise', 'plan.$': '$.plan.value', 'attempts.$': '$.attempts' }),
      payloadResponseOnly: true,
      taskTimeout: Timeout.duration(Duration.minutes(2)),
    });
    const nothing = new Pass(this, 'NothingTried', { result: Result.fromArray([]), resultPath: '$.attempts' });
    const definition = plan.next(
      new Choice(this, 'IsBrokerWell').when(Condition.booleanEquals('$.plan.value.healthy', true), each.next(summarise)).otherwise(nothing.next(summarise)),
    );
    const logs = new LogGroup(this, 'FlowLogs', {
      // CloudWatch Logs lets Step Functions write without a policy that grows with each machine where the name begins so.
      logGroupName: `/aws/vendedlogs/states/${physicalName(config, 'hourly')}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const machine = new StateMachine(this, 'Flow', {
      stateMachineName: physicalName(config, HOURLY_FLOW),
      comment: 'Ingests the sources that are due, and says what became of them',
      definitionBody: DefinitionBody.fromChainable(definition),
      timeout: Duration.minutes(50),
      tracingEnabled: true,
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: true },
    });
    acknowledgeWildcards(this, {
      'Resource::<%Arn>:*': 'A step may invoke any version of the one function it names.',
      'Resource::%:*': 'A step may invoke any version of the one function it names.',
      'Resource::*': 'Delivery of logs and traces takes no resource.',
      'Action::kms:GenerateDataKey*': "CDK's own grant on the key of the notifications.",
      'Action::kms:ReEncrypt*': "CDK's own grant on the key of the notifications.",
    });
    return machine;
  }
}
