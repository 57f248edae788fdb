import type { Dataset } from './dataset.js';
import { fullName, LAYERS, type Table } from './tables.js';

/** Of a chain of datasets derived from each other, this many at most: an ordinal holds no more of them. */
export const MOST_DERIVATIONS = 3;

/** A table by its full name: what `reads` says without a layer is a dataset's Silver. */
export const readName = (read: string): string => (read.includes('.') ? read : `silver.${read}`);

/** Full names of the tables that a table of a dataset is computed from; of Bronze, which is not computed, none. */
export function upstreamOf(dataset: Dataset, table: Pick<Table, 'layer' | 'name' | 'reads'>): string[] {
  if (table.layer === 'silver' || table.layer === 'quarantine') return [dataset.derived === undefined ? `bronze.${dataset.name}` : `silver.${dataset.derived.from}`];
  return table.layer === 'bronze' ? [] : [`silver.${dataset.name}`, ...table.reads.map(readName)];
}

interface Node {
  readonly dataset: Dataset;
  readonly table: Table;
  readonly from: readonly string[];
}

const nodesOf = (datasets: readonly Dataset[]): Map<string, Node> =>
  new Map(datasets.flatMap((dataset) => dataset.tables.map((table) => [fullName(table), { dataset, table, from: upstreamOf(dataset, table) }] as const)));

/** The way back to a table itself, by what each is computed from; null where there is none. */
function circle(start: string, nodes: ReadonlyMap<string, Node>): string[] | null {
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]): string[] | null => {
    for (const next of nodes.get(name)?.from ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(start, [start]);
}

function derivationProblems(datasets: readonly Dataset[]): string[] {
  return datasets.flatMap((dataset) => {
    const chain = [dataset.name];
    let from = dataset.derived?.from;
    while (from !== undefined) {
      if (chain.includes(from)) return [`dataset ${dataset.name}: derived in a circle: ${[...chain, from].join(' from ')}`];
      chain.push(from);
      const parent = datasets.find(({ name }) => name === from);
      if (parent === undefined) return [`dataset ${dataset.name}: derived from "${from}", which is no dataset; known: ${datasets.map(({ name }) => name).join(', ')}`];
      from = parent.derived?.from;
    }
    return chain.length - 1 > MOST_DERIVATIONS
      ? [`dataset ${dataset.name}: ${chain.length - 1} derivations in a chain (${chain.join(' from ')}); ${MOST_DERIVATIONS} at most`]
      : [];
  });
}

function readProblems(nodes: ReadonlyMap<string, Node>): string[] {
  return [...nodes.values()].flatMap(({ dataset, table }) => {
    const place = `dataset ${dataset.name}: table ${fullName(table)}`;
    const found = table.reads.flatMap((read) => {
      const name = readName(read);
      const layer = name.split('.')[0] as Table['layer'];
      if (!nodes.has(name)) return [`${place} reads "${read}", which is no ${read.includes('.') ? 'table of a contract' : 'dataset'}`];
      if (layer === 'bronze' || layer === 'quarantine') return [`${place} reads ${name}: rows are read where they are typed and checked, in silver or gold`];
      return LAYERS.indexOf(layer) > LAYERS.indexOf(table.layer) ? [`${place} reads ${name}, a table of a later layer: ${LAYERS.join(' < ')}`] : [];
    });
    const back = circle(fullName(table), nodes);
    return back === null || table.layer === 'quarantine' ? found : [...found, `${place} is computed from itself: ${back.join(' from ')}`];
  });
}

/** What is wrong between datasets: derivations and reads that lead nowhere, backwards or in a circle. */
export function lineageProblems(datasets: readonly Dataset[]): string[] {
  const derivations = derivationProblems(datasets);
  // Silver that is derived in a circle is told once, as what it is.
  return derivations.length > 0 ? derivations : readProblems(nodesOf(datasets));
}

/**
 * Every table that is computed from one, directly or by others, each after all that it is computed from: in this order
 * they are rebuilt.
 */
export function downstreamOf(table: string, datasets: readonly Dataset[]): string[] {
  const nodes = nodesOf(datasets);
  const computed = [...nodes].filter(([, { table: each }]) => each.layer !== 'quarantine');
  const reached = new Set([table]);
  for (let grown = true; grown; ) {
    const next = computed.filter(([name, { from }]) => !reached.has(name) && from.some((each) => reached.has(each)));
    for (const [name] of next) reached.add(name);
    grown = next.length > 0;
  }
  const ordered: string[] = [];
  const place = (name: string): void => {
    if (ordered.includes(name)) return;
    for (const each of nodes.get(name)?.from ?? []) if (reached.has(each)) place(each);
    ordered.push(name);
  };
  for (const [name] of computed) if (reached.has(name)) place(name);
  return ordered.filter((name) => name !== table);
}
