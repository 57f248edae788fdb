import { GetQueueAttributesCommand, ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { MetricStore } from './metric-store.js';

/** AWS/SQS's count of waiting messages, which the emulator does not publish. */
export class QueueMetrics {
  constructor(
    private readonly store: MetricStore,
    private readonly sqs: SQSClient,
  ) {}

  async tick(): Promise<void> {
    const { QueueUrls = [] } = await this.sqs.send(new ListQueuesCommand({}));
    for (const QueueUrl of QueueUrls) {
      const { Attributes } = await this.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }));
      const value = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      const QueueName = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
      this.store.put({ namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName } }, { count: 1, sum: value, min: value, max: value });
    }
  }
}
