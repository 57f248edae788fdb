import { ConditionalCheckFailedException, type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Published, PublishedRuns } from './published.js';

const RUN = 'run#';

/** In the state table, an item per source: key `published#SOURCE`, an attribute `run#ID` per run. */
export class DynamoPublished implements PublishedRuns {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly TableName: string,
  ) {}

  private key(source: string) {
    return { TableName: this.TableName, Key: { pk: { S: `published#${source}` } } };
  }

  async of(source: string): Promise<Published[]> {
    const { Item = {} } = await this.client.send(new GetItemCommand({ ...this.key(source), ConsistentRead: true }));
    return Object.entries(Item).flatMap(([name, value]) => (name.startsWith(RUN) && value.S !== undefined ? [JSON.parse(value.S) as Published] : []));
  }

  private async set(source: string, published: Published, condition?: string): Promise<void> {
    await this.client.send(
      new UpdateItemCommand({
        ...this.key(source),
        UpdateExpression: 'SET #run = :published',
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
        ExpressionAttributeNames: { '#run': `${RUN}${published.runId}` },
        ExpressionAttributeValues: { ':published': { S: JSON.stringify(published) } },
      }),
    );
  }

  async put(source: string, published: Published): Promise<void> {
    try {
      await this.set(source, published);
    } catch (cause) {
      // A thousand runs that nobody has looked at: the monitor is silent, which is an alarm. The daily whole list makes up for them.
      if (!/item size/i.test((cause as Error).message)) throw cause;
      console.error(`run ${published.runId} of ${source} will not be held against Bronze: too many wait for the monitor`, cause);
    }
  }

  async change(source: string, published: Published): Promise<void> {
    try {
      await this.set(source, published, 'attribute_exists(#run)');
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw cause;
    }
  }

  async remove(source: string, runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    const names = Object.fromEntries(runIds.map((id, i) => [`#r${i}`, `${RUN}${id}`]));
    await this.client.send(new UpdateItemCommand({ ...this.key(source), UpdateExpression: `REMOVE ${Object.keys(names).join(', ')}`, ExpressionAttributeNames: names }));
  }
}
