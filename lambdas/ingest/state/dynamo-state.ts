import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { StateTable, sourceKey } from '../../shared/state-table.js';
import { type Checkpoint, type LastCheck, LeaseLostError, type SourceState, type SourceStateStore } from './state.js';

/** The state table (DynamoDB): an item per source, key `pk` = `source#NAME`. */
export class DynamoSourceState implements SourceStateStore {
  private readonly table: StateTable;
  /** Of the source's check before the one that holds the lease; null where there was none. */
  outcomeBefore: string | null = null;

  constructor(client: DynamoDBClient, tableName: string) {
    this.table = new StateTable(client, tableName);
  }

  private async updateAsHolder(source: string, runId: string, expression: string, values: Record<string, unknown> = {}): Promise<void> {
    const item = await this.table.updateIf(sourceKey(source), 'leaseOwner = :run', { expression, values: { ':run': runId, ...values } });
    if (item === null) throw new LeaseLostError(`run ${runId} lost the lease of source ${source}`);
  }

  async acquire(source: string, runId: string, now: number, leaseMs: number): Promise<SourceState | null> {
    const item = await this.table.updateIf(sourceKey(source), 'attribute_not_exists(leaseOwner) OR leaseUntil < :now OR leaseOwner = :run', {
      expression: 'SET leaseOwner = :run, leaseUntil = :until',
      values: { ':run': runId, ':until': now + leaseMs, ':now': now },
    });
    if (item === null) return null;
    this.outcomeBefore = (item.lastOutcome as string | undefined) ?? null;
    return {
      current: (item.currentSnapshot as Checkpoint | undefined) ?? null,
      pending: (item.pendingSnapshot as Checkpoint | undefined) ?? null,
      wholeAt: (item.wholeAt as number | undefined) ?? null,
      notBefore: (item.notBefore as number | undefined) ?? null,
      paused: item.paused === true,
    };
  }

  async current(source: string): Promise<Checkpoint | null> {
    const { currentSnapshot } = await this.table.item(sourceKey(source));
    return (currentSnapshot as Checkpoint | undefined) ?? null;
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

  setChecked(source: string, runId: string, { at, outcome, reason, goodAt, refused }: LastCheck): Promise<void> {
    const good = goodAt === null ? {} : { ':good': goodAt };
    const body = refused === null ? {} : { ':refused': refused };
    const expression = `SET lastCheckAt = :at, lastOutcome = :outcome, lastReason = :reason${goodAt === null ? '' : ', lastGoodAt = :good'}${refused === null ? '' : ', lastRefused = :refused, lastRefusedAt = :at, lastRefusedReason = :reason'}`;
    return this.updateAsHolder(source, runId, expression, { ':at': at, ':outcome': outcome, ':reason': reason, ...good, ...body });
  }

  release(source: string, runId: string): Promise<void> {
    return this.updateAsHolder(source, runId, 'REMOVE leaseOwner, leaseUntil');
  }
}
