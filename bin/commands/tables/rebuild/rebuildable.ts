import { isFed } from '../../../../contracts/index.js';
import { downstreamOf as downstream } from '../../../../contracts/lineage.js';
import { datasets } from '../../../../datasets/index.js';
import { fullName } from '../../../lake/tables.js';

/** Tables that are computed from another one. */
export const rebuildable = (): string[] => datasets.flatMap((dataset) => dataset.tables.filter(({ layer }) => layer === 'silver' || layer === 'gold').map(fullName));

/** Tables that are computed from a Silver or Gold table, directly or by others, in the order in which they are to be rebuilt. */
export const downstreamOf = (table: string): string[] => (table.startsWith('bronze.') ? [] : downstream(table, datasets).filter((each) => rebuildable().includes(each)));

/** Tables that can be put back: what is computed, and Bronze, which holds what came. */
export const restorable = (): string[] => [...datasets.filter(isFed).map(({ name }) => `bronze.${name}`), ...rebuildable()];
