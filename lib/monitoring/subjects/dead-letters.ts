import { physicalName } from '../../config.js';
import { type AlarmScope, type AlarmSpec, MINUTE, PLATFORM } from '../spec.js';

/** The queues of what could not be delivered or handled. */
export const deadLetters = {
  alarms: ({ config, deadLetterQueues }: AlarmScope): AlarmSpec[] =>
    deadLetterQueues.map((queue) => ({
      ...PLATFORM,
      severity: 'ticket',
      name: `dead-letters-${queue}`,
      kind: 'dead-letters',
      says: `Events wait in ${queue} that could not be delivered, or that a function failed at for good.`,
      command: 'sluice redrive',
      metric: {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: physicalName(config, queue) },
        statistic: 'Maximum',
        periodSeconds: MINUTE,
      },
      comparison: '>',
      threshold: 0,
      datapoints: 1,
      of: 1,
      missing: { treat: 'notBreaching', because: 'SQS tells nothing of a queue that nobody has used for hours' },
    })),
};
