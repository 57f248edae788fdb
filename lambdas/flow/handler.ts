import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { operations } from '../../datasets/operations/contract.js';
import { MonitorState } from '../monitor/state.js';
import { DynamoPublished } from '../shared/dynamo-published.js';
import { kafkaConnection, required } from '../shared/environment.js';
import { kafkaClient, kafkaProducer } from '../shared/kafka.js';
import { operationRecord } from '../shared/outgoing.js';
import { type Attempt, type Plan, plan, type Summary, summarise, summariseUnplanned, type Unplanned } from './steps.js';

const settings = z.object({ sources: z.array(z.object({ name: z.string(), everyMinutes: z.number() })), topic: z.string(), always: z.boolean() });

type FlowEvent = { readonly step: 'plan' } | { readonly step: 'summarise'; readonly plan: Plan; readonly attempts: readonly Attempt[] } | ({ readonly step: 'failed' } & Unplanned);

const dynamo = new DynamoDBClient({});
const state = new MonitorState(dynamo, required('STATE_TABLE'));
const published = new DynamoPublished(dynamo, required('STATE_TABLE'));
const sns = new SNSClient({});

/** The first and the last step of the hourly flow (Step Functions). */
export async function handler(event: FlowEvent): Promise<Plan | Summary> {
  const { sources, topic: channel, always } = settings.parse(JSON.parse(required('FLOW')));
  if (event.step === 'plan') {
    const askBroker = async () => {
      const admin = kafkaClient(kafkaConnection(), 'sluice-flow').admin();
      try {
        await admin.connect();
        await admin.fetchTopicMetadata({ topics: [operations.name] });
      } finally {
        await admin.disconnect();
      }
    };
    return plan({
      runId: randomUUID(),
      now: Date.now(),
      sources,
      statusOf: (source) => state.source(source),
      owes: async (source) => (await published.of(source)).some(({ askedAt }) => askedAt !== null),
      askBroker,
    });
  }
  const summary = event.step === 'failed' ? summariseUnplanned(event, Date.now()) : summarise(event.plan, event.attempts, Date.now(), always);
  // People first: they must be told where Kafka is away.
  if (summary.notification) await sns.send(new PublishCommand({ TopicArn: channel, Subject: summary.notification.subject, Message: summary.notification.message }));
  if (event.step === 'summarise' && event.plan.healthy) {
    const producer = kafkaProducer(kafkaConnection());
    try {
      await producer.send(operations.name, [operationRecord(operations, summary.operation)]);
    } finally {
      await producer.close();
    }
  }
  return summary;
}
