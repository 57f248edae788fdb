import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Positions, SourceStatus } from './freshness-check.js';
import type { Report } from './run.js';

export const MONITOR_KEY = { pk: { S: 'monitor' } } as const;

/** What the monitor reads of the state table, and what it keeps there for `sluice status`. */
export class MonitorState {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly TableName: string,
  ) {}

  private async item(pk: string) {
    return (await this.client.send(new GetItemCommand({ TableName: this.TableName, Key: { pk: { S: pk } }, ConsistentRead: true }))).Item;
  }

  /** When the monitor first ran (now, where this is the first time; epoch milliseconds), and what it found the last time. */
  async begin(now: number): Promise<{ readonly firstRunAt: number; readonly report: Report | null }> {
    const { Attributes } = await this.client.send(
      new UpdateItemCommand({
        TableName: this.TableName,
        Key: MONITOR_KEY,
        UpdateExpression: 'SET firstRunAt = if_not_exists(firstRunAt, :now)',
        ExpressionAttributeValues: { ':now': { N: String(now) } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return { firstRunAt: Number(Attributes?.firstRunAt?.N ?? now), report: Attributes?.report?.S === undefined ? null : (JSON.parse(Attributes.report.S) as Report) };
  }

  async positions(job: string): Promise<Positions> {
    return JSON.parse((await this.item(`position#${job}`))?.queries?.S ?? '{}') as Positions;
  }

  async source(source: string): Promise<SourceStatus> {
    const item = (await this.item(`source#${source}`)) ?? {};
    const time = (name: string) => (item[name]?.N === undefined ? {} : { [name]: Number(item[name].N) });
    return {
      ...time('lastCheckAt'),
      ...time('lastGoodAt'),
      ...(item.lastOutcome?.S === undefined ? {} : { lastOutcome: item.lastOutcome.S }),
      lastReason: item.lastReason?.S ?? null,
      paused: item.paused?.BOOL === true,
    };
  }

  /** The generation of a table that holds; 0 is the contract's own path. */
  async generation(table: string): Promise<number> {
    return Number((await this.item(`generation#${table}`))?.generation?.N ?? 0);
  }

  async keep(report: Report): Promise<void> {
    const failed = report.checks.filter(({ state }) => state === 'failed').length;
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.TableName,
        Key: MONITOR_KEY,
        UpdateExpression: 'SET report = :report ADD failedChecksTotal :failed, runsTotal :one',
        ExpressionAttributeValues: { ':report': { S: JSON.stringify(report) }, ':failed': { N: String(failed) }, ':one': { N: '1' } },
      }),
    );
  }
}
