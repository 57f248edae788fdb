import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { kafkaConnection } from '../shared/environment.js';
import { kafkaClient } from '../shared/kafka.js';
import { ensureTopics, type TopicSpec } from './ensure-topics.js';
import { kafkaTopicAdmin } from './kafka-admin.js';

/** onEvent handler of the custom resource `Custom::KafkaTopics`; its property `topics` is JSON of TopicSpec[]. */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<{ PhysicalResourceId: string }> {
  const PhysicalResourceId = 'kafka-topics';
  // Topics outlive the stack: a topic with data is never deleted from here.
  if (event.RequestType === 'Delete') return { PhysicalResourceId };
  const admin = kafkaClient(kafkaConnection(), 'sluice-topics').admin();
  await admin.connect();
  try {
    await ensureTopics(JSON.parse(event.ResourceProperties.topics as string) as TopicSpec[], kafkaTopicAdmin(admin));
  } finally {
    await admin.disconnect();
  }
  return { PhysicalResourceId };
}
