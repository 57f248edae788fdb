import { datasets } from '../../../../datasets/index.js';
import { fullName } from '../../../lake/tables.js';

/** Tables that are computed from another one. */
export const rebuildable = (): string[] => datasets.flatMap((dataset) => dataset.tables.filter(({ layer }) => layer === 'silver' || layer === 'gold').map(fullName));

/** Tables that are computed from a Silver table, its own dataset's and those that read it beside theirs. */
export function downstreamOf(table: string): string[] {
  const [layer, name = ''] = table.split('.');
  if (layer !== 'silver') return [];
  return datasets.flatMap((dataset) => dataset.tables.filter(({ layer: of, reads }) => of === 'gold' && (dataset.name === name || reads.includes(name))).map(fullName));
}

/** Tables that can be put back: what is computed, and Bronze, which holds what came. */
export const restorable = (): string[] => [...datasets.map(({ name }) => `bronze.${name}`), ...rebuildable()];
