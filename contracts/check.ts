import type { Dataset } from './dataset.js';
import { sourceProblems } from './sources/check.js';

/** Cross-checks that no single field's schema can make. Each message names the place. */
export function checkWhole(dataset: Dataset): string[] {
  const problems: string[] = [];
  const fields = new Set(Object.keys(dataset.record.fields));
  for (const field of [...dataset.record.key, ...dataset.record.order]) {
    if (!fields.has(field)) problems.push(`record.key: no field "${field}"`);
  }
  if (!fields.has('source')) problems.push('record.fields: no field "source", by which canaries are told from records');
  for (const field of Object.keys(dataset.canary.fields)) {
    if (!fields.has(field)) problems.push(`canary.fields: no field "${field}"`);
  }
  for (const field of dataset.record.key) {
    if (dataset.record.fields[field]?.pii === 'drop') problems.push(`record.key: "${field}" is dropped as personal, so it cannot be a key`);
  }
  for (const rule of dataset.rules) {
    if (!fields.has(rule.field)) problems.push(`rules.${rule.name}: no field "${rule.field}"`);
    if (rule.kind === 'matches') {
      try {
        new RegExp(rule.pattern, 'u');
      } catch (cause) {
        problems.push(`rules.${rule.name}: pattern is not a regular expression: ${(cause as Error).message}`);
      }
    }
  }
  for (const names of [dataset.rules.map((r) => r.name), dataset.sources.map((s) => s.name), dataset.tables.map((t) => `${t.layer}.${t.name}`)]) {
    for (const name of names.filter((n, i) => names.indexOf(n) !== i)) problems.push(`"${name}" is declared twice`);
  }
  const exported = dataset.exports?.table;
  if (exported !== undefined && !dataset.tables.some(({ layer, name }) => layer === 'gold' && name === exported)) problems.push(`exports.table: no table "gold.${exported}"`);
  for (const table of dataset.tables) {
    for (const column of [...table.key, ...table.order, ...table.partitionBy, ...table.clusterBy]) {
      if (!(column in table.columns)) problems.push(`tables.${table.layer}.${table.name}: no column "${column}"`);
    }
    const silverDays = dataset.retentionDays.silver;
    if (table.layer === 'gold' && silverDays !== undefined && (table.retentionDays ?? Infinity) > silverDays) {
      problems.push(`tables.gold.${table.name}: keeps rows longer than Silver's ${silverDays} days, so it could not be recomputed`);
    }
  }
  return [...problems, ...sourceProblems(dataset)];
}
