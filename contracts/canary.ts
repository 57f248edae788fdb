import type { Dataset } from './dataset.js';

/** Source name of the canary. One shared filter on it keeps canaries out of every count, state table, export, index and page. */
export const CANARY_SOURCE = '_canary';

/**
 * A valid record of the dataset that speaks of nothing: the examples of its fields, with the canary's source, the
 * contract's own values, and the present in every time and in every number that orders. Each has a key of its own: two
 * checks may follow each other within a second.
 */
export function canaryRecord(dataset: Dataset, now: Date, runId: string): Record<string, unknown> {
  const { fields, order } = dataset.record;
  const value = (name: string): unknown => {
    const field = fields[name];
    if (field?.type === 'timestamp') return field.example === null ? null : now.toISOString();
    if (order.includes(name) && field?.type === 'bigint') return now.getTime();
    return field?.example ?? null;
  };
  const made = Object.fromEntries(Object.keys(fields).map((name) => [name, value(name)]));
  return { ...made, ...('run_id' in fields ? { run_id: runId } : {}), ...dataset.canary.fields, source: CANARY_SOURCE };
}

/** What of a table's key tells the canary's row from every other: the source, or what the contract sets for canaries alone. */
export function canaryKey(dataset: Dataset, key: readonly string[]): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    key.flatMap((column) => {
      if (column === 'source') return [[column, CANARY_SOURCE]];
      const value = dataset.canary.fields[column];
      // What is the example too may be a record's.
      return value === undefined || value === null || value === dataset.record.fields[column]?.example ? [] : [[column, value]];
    }),
  );
}
