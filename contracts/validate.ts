import { canaryKey } from './canary.js';
import type { Dataset } from './dataset.js';
import { sourceProblems } from './sources/validate.js';
import { fullName, RESERVED_COLUMNS, type Table } from './tables.js';

const twice = (names: readonly string[]): string[] => names.filter((name, i) => names.indexOf(name) !== i).map((name) => `"${name}" is declared twice`);

const isText = (example: unknown): boolean => typeof example === 'string';
const isWhole = (example: unknown): boolean => Number.isInteger(example);
const FITS: Readonly<Record<string, (example: unknown) => boolean>> = {
  string: isText,
  timestamp: isText,
  date: isText,
  int: isWhole,
  bigint: isWhole,
  double: (example) => typeof example === 'number',
  boolean: (example) => typeof example === 'boolean',
};

/** Canaries are made of examples: one of another type would go to quarantine in a lake that runs. */
function fits(type: string, example: unknown): boolean {
  if (example === null) return true;
  return FITS[type]?.(example) ?? (type.startsWith('array<') ? Array.isArray(example) : true);
}

function recordProblems({ record, canary, derived, sources }: Dataset): string[] {
  const problems: string[] = [];
  const has = (field: string) => field in record.fields;
  const named = derived === undefined ? [...record.key, ...record.order] : record.order;
  for (const field of named) if (!has(field)) problems.push(`record.key: no field "${field}"`);
  if (!has('source')) problems.push('record.fields: no field "source", by which canaries are told from records');
  for (const field of Object.keys(canary.fields)) if (!has(field)) problems.push(`canary.fields: no field "${field}"`);
  const foreign = sources.find(({ kind }) => kind === 'kafka');
  for (const [field, { pii, type, example }] of Object.entries(record.fields)) {
    if (!fits(type, example)) problems.push(`record.fields.${field}.example: ${JSON.stringify(example)} is no ${type}`);
    if (RESERVED_COLUMNS.includes(field)) problems.push(`record.fields: "${field}" is a column that every table has: choose another name`);
    if (pii === undefined) continue;
    if (pii === 'drop' && record.key.includes(field)) problems.push(`record.key: "${field}" is dropped as personal, so it cannot be a key`);
    if (derived !== undefined) problems.push(`record.fields.${field}.pii: personal fields are treated before Kafka, and nothing of a derived dataset goes through it`);
    else if (foreign) problems.push(`record.fields.${field}.pii: nobody applies it to what source ${foreign.name} brings, whose records others put into Kafka: treat it there`);
  }
  return problems;
}

function ruleProblems({ rules, record }: Dataset): string[] {
  return rules.flatMap((rule) => {
    const problems = rule.field in record.fields ? [] : [`rules.${rule.name}: no field "${rule.field}"`];
    if (rule.kind !== 'matches') return problems;
    try {
      new RegExp(rule.pattern, 'u');
      return problems;
    } catch (cause) {
      return [...problems, `rules.${rule.name}: pattern is not a regular expression: ${(cause as Error).message}`];
    }
  });
}

function tableProblems(dataset: Dataset, table: Table): string[] {
  const place = `tables.${fullName(table)}`;
  const problems = [...table.key, ...table.order, ...table.partitionBy].filter((column) => !(column in table.columns)).map((column) => `${place}: no column "${column}"`);
  if (table.layer !== 'gold' && table.layer !== 'ops') return problems;
  const silverDays = dataset.retentionDays.silver;
  if (silverDays !== undefined && (table.retentionDays ?? Infinity) > silverDays)
    problems.push(`${place}: keeps rows longer than Silver's ${silverDays} days, so it could not be recomputed`);
  if (table.retentionDays !== undefined && !('kafka_timestamp' in table.columns))
    problems.push(`${place}: retentionDays goes by the column kafka_timestamp, which the table has not`);
  // Of a derived dataset the rails know the canary by the source that the parent's rows pass on.
  if (table.kind === 'state' && dataset.derived === undefined && Object.keys(canaryKey(dataset, table.key)).length === 0)
    problems.push(
      `${place}: a canary would stand for a real thing: no column of its key (${table.key.join(', ')}) is "source" or has a value of its own in canary.fields, other than its example`,
    );
  return problems;
}

const exportProblems = ({ exports, tables }: Dataset): string[] =>
  exports === undefined || tables.some(({ layer, name }) => layer === 'gold' && name === exports.table) ? [] : [`exports.table: no table "gold.${exports.table}"`];

/** Cross-checks that no single field's schema can make. Each message names the place. */
export function validateWhole(dataset: Dataset): string[] {
  const { rules, sources, tables } = dataset;
  return [
    ...recordProblems(dataset),
    ...ruleProblems(dataset),
    ...[rules.map(({ name }) => name), sources.map(({ name }) => name), tables.map(fullName)].flatMap(twice),
    ...tables.flatMap((table) => tableProblems(dataset, table)),
    ...exportProblems(dataset),
    ...sourceProblems(dataset),
  ];
}
