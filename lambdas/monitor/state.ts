import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { StateTable, sourceKey } from '../shared/state-table.js';
import type { SourceStatus } from './freshness-health.js';
import type { Report } from './monitor.js';
import type { Positions } from './waiting.js';

const KEY = 'monitor';

const ownSchema = z.object({ firstRunAt: z.number().optional(), report: z.string().optional(), failedChecksTotal: z.number().default(0), runsTotal: z.number().default(0) });

/** What the ingest function keeps of a source's last check. */
const sourceSchema = z.object({
  lastCheckAt: z.number().optional(),
  lastGoodAt: z.number().optional(),
  lastOutcome: z.string().optional(),
  lastReason: z.string().nullish(),
  paused: z.boolean().default(false),
});

/** What the monitor has found so far. */
export interface Found {
  /** Null where it has not run yet. */
  readonly report: Report | null;
  readonly failedChecksTotal: number;
  readonly runsTotal: number;
}

/** What the monitor reads of the state table, and what it keeps there for `sluice status`. */
export class MonitorState {
  private readonly table: StateTable;

  constructor(client: DynamoDBClient, tableName: string) {
    this.table = new StateTable(client, tableName);
  }

  /** When the monitor first ran (now, where this is the first time; epoch milliseconds), and what it found the last time. */
  async begin(now: number): Promise<{ readonly firstRunAt: number; readonly report: Report | null }> {
    const item = await this.table.update(KEY, { expression: 'SET firstRunAt = if_not_exists(firstRunAt, :now)', values: { ':now': now } });
    const { firstRunAt = now, report } = ownSchema.parse(item);
    return { firstRunAt, report: report === undefined ? null : (JSON.parse(report) as Report) };
  }

  async found(): Promise<Found> {
    const { report, failedChecksTotal, runsTotal } = ownSchema.parse(await this.table.item(KEY));
    return { report: report === undefined ? null : (JSON.parse(report) as Report), failedChecksTotal, runsTotal };
  }

  async positions(job: string): Promise<Positions> {
    const { queries } = z.object({ queries: z.string().default('{}') }).parse(await this.table.item(`position#${job}`));
    return JSON.parse(queries) as Positions;
  }

  async source(source: string): Promise<SourceStatus> {
    const { lastReason = null, ...status } = sourceSchema.parse(await this.table.item(sourceKey(source)));
    return { ...status, lastReason };
  }

  /** The generation of a table that holds; 0 is the contract's own path. */
  async generation(table: string): Promise<number> {
    return z.object({ generation: z.number().default(0) }).parse(await this.table.item(`generation#${table}`)).generation;
  }

  async keep(report: Report): Promise<void> {
    const failed = report.checks.filter(({ state }) => state === 'failed').length;
    await this.table.update(KEY, {
      expression: 'SET report = :report ADD failedChecksTotal :failed, runsTotal :one',
      values: { ':report': JSON.stringify(report), ':failed': failed, ':one': 1 },
    });
  }
}
