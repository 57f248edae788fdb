import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { chainOf } from '../../../../lambdas/ingest/backfill/past.js';
import { DynamoSourceState } from '../../../../lambdas/ingest/state/dynamo-state.js';
import { stateTable, type Target } from '../../../lake/target.js';
import { type Days, daysOf, stretchOf } from './days.js';

/** The stretches of a source that were begun, and how far each has come: items `past#SOURCE` and `source#CHAIN` of the state table. */
export class BackfillState {
  private readonly table: string;

  constructor(
    private readonly source: string,
    private readonly lake: Target,
  ) {
    this.table = stateTable(lake);
  }

  async stretches(): Promise<Days[]> {
    const { Item } = await this.lake.dynamo.send(new GetItemCommand({ TableName: this.table, Key: { pk: { S: `past#${this.source}` } }, ConsistentRead: true }));
    return (Item?.stretches?.SS ?? []).map(daysOf);
  }

  /** The `sequence` that a stretch has published last; null where none. */
  async published(days: Days): Promise<number | null> {
    const current = await new DynamoSourceState(this.lake.dynamo, this.table).current(chainOf(this.source, stretchOf(days)));
    return current?.sequence ?? null;
  }

  async begin(days: Days): Promise<void> {
    await this.lake.dynamo.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: { S: `past#${this.source}` } },
        UpdateExpression: 'ADD stretches :one',
        ExpressionAttributeValues: { ':one': { SS: [stretchOf(days)] } },
      }),
    );
  }
}
