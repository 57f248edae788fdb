import { stretchName } from '../../../../lambdas/ingest/backfill/past.js';
import { DynamoSourceState } from '../../../../lambdas/ingest/state/dynamo-state.js';
import { pastKey, StateTable } from '../../../../lambdas/shared/state-table.js';
import { stateTable, type Target } from '../../../lake/target.js';
import { type Days, daysOf, stretchOf } from './days.js';

/** The stretches of a source that were begun, and how far each has come: the items of the state table. */
export class BackfillState {
  private readonly table: string;

  constructor(
    private readonly source: string,
    private readonly lake: Target,
  ) {
    this.table = stateTable(lake);
  }

  async stretches(): Promise<Days[]> {
    const { stretches } = await new StateTable(this.lake.dynamo, this.table).item(pastKey(this.source));
    return [...((stretches as ReadonlySet<string> | undefined) ?? [])].map(daysOf);
  }

  /** The `sequence` that a stretch has published last; null where none. */
  async published(days: Days): Promise<number | null> {
    const current = await new DynamoSourceState(this.lake.dynamo, this.table).current(stretchName(this.source, stretchOf(days)));
    return current?.sequence ?? null;
  }

  async begin(days: Days): Promise<void> {
    await new StateTable(this.lake.dynamo, this.table).update(pastKey(this.source), { expression: 'ADD stretches :one', values: { ':one': new Set([stretchOf(days)]) } });
  }
}
