import { createHash } from 'node:crypto';
import { type CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { embeddedValues } from './embedded.js';
import type { MetricStore } from './metric-store.js';

const LOGS = '/aws/lambda/';
/** Log events may arrive out of order by this much. */
const OVERLAP_MS = 30_000;

/** Makes metrics of the embedded-metric lines that functions log, each once. */
export class EmbeddedMetrics {
  private since: number;
  private seen = new Map<string, number>();

  constructor(
    private readonly store: MetricStore,
    private readonly logs: CloudWatchLogsClient,
    private readonly clock: () => number = Date.now,
  ) {
    this.since = clock() - OVERLAP_MS;
  }

  async tick(): Promise<void> {
    const began = this.clock();
    const { logGroups = [] } = await this.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: LOGS }));
    for (const { logGroupName } of logGroups) if (logGroupName) await this.read(logGroupName);
    this.since = began - OVERLAP_MS;
    for (const [id, time] of this.seen) if (time < this.since) this.seen.delete(id);
  }

  private async read(logGroupName: string): Promise<void> {
    let nextToken: string | undefined;
    do {
      const page = await this.logs.send(new FilterLogEventsCommand({ logGroupName, startTime: this.since, ...(nextToken ? { nextToken } : {}) }));
      for (const { eventId = '', timestamp = 0, message = '', logStreamName = '' } of page.events ?? []) {
        const values = embeddedValues(message);
        if (values.length === 0) continue;
        // The emulator gives no event ids, and one time to all lines of an invocation.
        const id = createHash('sha256').update(`${logStreamName}/${timestamp}/${eventId}/${message}`).digest('base64');
        if (this.seen.has(id)) continue;
        this.seen.set(id, timestamp);
        for (const { metric, values: numbers, timestamp: at } of values)
          this.store.put(metric, { count: numbers.length, sum: numbers.reduce((sum, each) => sum + each, 0), min: Math.min(...numbers), max: Math.max(...numbers) }, at);
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
}
