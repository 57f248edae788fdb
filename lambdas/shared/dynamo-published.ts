import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Published, PublishedRuns } from './published.js';
import { type StateChange, StateTable } from './state-table.js';

const RUN = 'run#';
const keyOf = (source: string): string => `published#${source}`;
const setting = (published: Published): StateChange => ({
  expression: 'SET #run = :published',
  names: { '#run': `${RUN}${published.runId}` },
  values: { ':published': JSON.stringify(published) },
});

/** In the state table, an item per source: key `published#SOURCE`, an attribute `run#ID` per run. */
export class DynamoPublished implements PublishedRuns {
  private readonly table: StateTable;

  constructor(client: DynamoDBClient, tableName: string) {
    this.table = new StateTable(client, tableName);
  }

  async of(source: string): Promise<Published[]> {
    const runs = Object.entries(await this.table.item(keyOf(source)));
    return runs.flatMap(([name, value]) => (name.startsWith(RUN) && typeof value === 'string' ? [JSON.parse(value) as Published] : []));
  }

  async put(source: string, published: Published): Promise<void> {
    try {
      await this.table.update(keyOf(source), setting(published));
    } catch (cause) {
      // A thousand runs that nobody has looked at: the monitor is silent, which is an alarm. The daily whole list makes up for them.
      if (!/item size/i.test((cause as Error).message)) throw cause;
      console.error(`run ${published.runId} of ${source} will not be held against Bronze: too many wait for the monitor`, cause);
    }
  }

  async change(source: string, published: Published): Promise<void> {
    await this.table.updateIf(keyOf(source), 'attribute_exists(#run)', setting(published));
  }

  async remove(source: string, runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    const names = Object.fromEntries(runIds.map((id, i) => [`#r${i}`, `${RUN}${id}`]));
    await this.table.update(keyOf(source), { expression: `REMOVE ${Object.keys(names).join(', ')}`, names });
  }
}
