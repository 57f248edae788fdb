import { StateTable, sourceKey } from '../../../../lambdas/shared/state-table.js';
import { assertSource } from '../../../lake/sources.js';
import { stateTable, target } from '../../../lake/target.js';

/** Says of a source whether its schedule leaves it alone. @throws CliError where there is no such source */
export async function setPaused(source: string, paused: boolean, stage: string): Promise<void> {
  assertSource(source);
  const lake = target(stage);
  await new StateTable(lake.dynamo, stateTable(lake)).update(sourceKey(source), { expression: 'SET paused = :paused', values: { ':paused': paused } });
}
