import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Checkpoint, type LastCheck, LeaseLostError, type SourceState, type SourceStateStore } from './state.js';

/** The state table (DynamoDB): an item per source, key `pk` = `source#NAME`. */
export class DynamoSourceState implements SourceStateStore {
  private readonly client: DynamoDBDocumentClient;
  /** Of the source's check before the one that holds the lease; null where there was none. */
  outcomeBefore: string | null = null;

  constructor(
    client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    this.client = DynamoDBDocumentClient.from(client);
  }

  private async update(source: string, expression: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<Record<string, unknown>> {
    const result = await this.client.send(new UpdateCommand({ TableName: this.tableName, Key: { pk: `source#${source}` }, ReturnValues: 'ALL_NEW', ...expression }));
    return result.Attributes ?? {};
  }

  private async updateAsHolder(source: string, runId: string, expression: string, values: Record<string, unknown> = {}): Promise<void> {
    try {
      await this.update(source, { UpdateExpression: expression, ConditionExpression: 'leaseOwner = :run', ExpressionAttributeValues: { ':run': runId, ...values } });
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) throw new LeaseLostError(`run ${runId} lost the lease of source ${source}`, { cause });
      throw cause;
    }
  }

  async acquire(source: string, runId: string, now: number, leaseMs: number): Promise<SourceState | null> {
    try {
      const item = await this.update(source, {
        UpdateExpression: 'SET leaseOwner = :run, leaseUntil = :until',
        ConditionExpression: 'attribute_not_exists(leaseOwner) OR leaseUntil < :now OR leaseOwner = :run',
        ExpressionAttributeValues: { ':run': runId, ':until': now + leaseMs, ':now': now },
      });
      this.outcomeBefore = (item.lastOutcome as string | undefined) ?? null;
      return {
        current: (item.currentSnapshot as Checkpoint | undefined) ?? null,
        pending: (item.pendingSnapshot as Checkpoint | undefined) ?? null,
        wholeAt: (item.wholeAt as number | undefined) ?? null,
        notBefore: (item.notBefore as number | undefined) ?? null,
        paused: item.paused === true,
      };
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return null;
      throw cause;
    }
  }

  async current(source: string): Promise<Checkpoint | null> {
    const { Item } = await this.client.send(new GetCommand({ TableName: this.tableName, Key: { pk: `source#${source}` }, ConsistentRead: true }));
    return (Item?.currentSnapshot as Checkpoint | undefined) ?? null;
  }

  renew(source: string, runId: string, now: number, leaseMs: number): Promise<void> {
    return this.updateAsHolder(source, runId, 'SET leaseUntil = :until', { ':until': now + leaseMs });
  }

  setPending(source: string, runId: string, pending: Checkpoint): Promise<void> {
    return this.updateAsHolder(source, runId, 'SET pendingSnapshot = :pending', { ':pending': pending });
  }

  promote(source: string, runId: string, pending: Checkpoint): Promise<void> {
    return this.updateAsHolder(source, runId, 'SET currentSnapshot = :pending REMOVE pendingSnapshot', { ':pending': pending });
  }

  setWholeAt(source: string, runId: string, wholeAt: number): Promise<void> {
    return this.updateAsHolder(source, runId, 'SET wholeAt = :wholeAt', { ':wholeAt': wholeAt });
  }

  setNotBefore(source: string, runId: string, notBefore: number): Promise<void> {
    return this.updateAsHolder(source, runId, 'SET notBefore = :notBefore', { ':notBefore': notBefore });
  }

  setChecked(source: string, runId: string, { at, outcome, reason, goodAt }: LastCheck): Promise<void> {
    const good = goodAt === null ? {} : { ':good': goodAt };
    const expression = `SET lastCheckAt = :at, lastOutcome = :outcome, lastReason = :reason${goodAt === null ? '' : ', lastGoodAt = :good'}`;
    return this.updateAsHolder(source, runId, expression, { ':at': at, ':outcome': outcome, ':reason': reason, ...good });
  }

  release(source: string, runId: string): Promise<void> {
    return this.updateAsHolder(source, runId, 'REMOVE leaseOwner, leaseUntil');
  }
}
