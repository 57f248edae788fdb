import { createHash } from 'node:crypto';
import { CANARY_SOURCE, canaryKey, canaryRecord } from './canary.js';
import { type Dataset, maintenanceSchema } from './dataset.js';
import { exportingDataset } from './exports.js';
import { canaries, ledger, RAIL_TABLES } from './ledger.js';
import { lineageProblems } from './lineage.js';
import { METRICS } from './metrics.js';
import { equalsSql, ruleSql } from './rules.js';
import { fullName, type Table } from './tables.js';
import { sparkDdl } from './types.js';

export interface CompiledTable {
  readonly layer: Table['layer'];
  readonly name: string;
  readonly kind: Table['kind'];
  readonly writer: Table['writer'];
  /** Path below the lake's root. */
  readonly path: string;
  readonly key: readonly string[];
  readonly order: readonly string[];
  readonly partitionBy: readonly string[];
  readonly retentionDays: number | null;
  readonly optimiseAfterCommits: number;
  readonly vacuumEveryHours: number;
  readonly keepVersionsHours: number;
  /** Seconds between two times that a periodic table is brought up to date. */
  readonly everySeconds: number | null;
  readonly reads: readonly string[];
  /** Of a state table: Spark SQL that is true of a canary's row, which a table made by an earlier build may hold; else null. */
  readonly canarySql: string | null;
  readonly description: string;
  readonly ddl: string;
}

export interface CompiledDataset {
  readonly name: string;
  readonly version: number;
  /** Null where the dataset is derived. */
  readonly topic: { readonly name: string; readonly partitions: number; readonly retentionHours: number } | null;
  /** The dataset of whose Silver its rows are made; null where a topic feeds it. */
  readonly derivedFrom: string | null;
  /** A canary, as one looks in Silver; null where the dataset is derived and has none of its own. */
  readonly canary: Readonly<Record<string, unknown>> | null;
  readonly recordDdl: string;
  readonly key: readonly string[];
  readonly order: readonly string[];
  readonly rules: readonly { readonly name: string; readonly action: string; readonly sql: string; readonly field: string; readonly kind: string }[];
  readonly triggerSeconds: number;
  readonly background: boolean;
  /** Sources of lists: what exports say of them. */
  readonly sources: readonly {
    readonly name: string;
    readonly category: string;
    readonly role: string;
    readonly licence: string;
    readonly homepage: string;
    readonly cadenceSeconds: number | null;
  }[];
  readonly tables: readonly CompiledTable[];
}

/** What the Spark jobs read: `contracts.json`. */
export interface CompiledContracts {
  readonly format: 2;
  readonly canarySource: string;
  readonly datasets: readonly CompiledDataset[];
  readonly ledger: CompiledTable;
  readonly canaries: CompiledTable;
  /** What may be measured, and of what: contracts/metrics.ts. */
  readonly metrics: readonly { readonly name: string; readonly of: readonly string[]; readonly unit: string; readonly wrongAbove: number | null }[];
}

function compileTable(table: Table, maintenance: Dataset['maintenance'], canary: Readonly<Record<string, string | number | boolean>> = {}): CompiledTable {
  const { layer, name, kind, writer, key, order, partitionBy, description, reads } = table;
  return {
    layer,
    name,
    kind,
    writer,
    path: `${layer}/${name}`,
    key,
    order,
    partitionBy,
    description,
    reads,
    retentionDays: table.retentionDays ?? null,
    ...maintenance,
    everySeconds: table.everySeconds ?? null,
    canarySql:
      Object.keys(canary).length === 0
        ? null
        : Object.entries(canary)
            .map(([column, value]) => equalsSql(column, value))
            .join(' AND '),
    ddl: sparkDdl(table.columns),
  };
}

const pick = ({ name, category, role, licence, homepage, cadenceSeconds }: CompiledDataset['sources'][number]) => ({ name, category, role, licence, homepage, cadenceSeconds });

function compileDataset(dataset: Dataset): CompiledDataset {
  return {
    name: dataset.name,
    version: dataset.version,
    topic: dataset.topic === undefined ? null : { name: dataset.name, ...dataset.topic },
    derivedFrom: dataset.derived?.from ?? null,
    canary: dataset.derived === undefined ? canaryRecord(dataset, new Date(0), CANARY_SOURCE) : null,
    recordDdl: sparkDdl(dataset.record.fields),
    key: dataset.record.key,
    order: dataset.record.order,
    rules: dataset.rules.map((rule) => ({ name: rule.name, action: rule.action, sql: ruleSql(rule), field: rule.field, kind: rule.kind })),
    triggerSeconds: dataset.service.triggerSeconds,
    background: dataset.service.background,
    sources: dataset.sources.flatMap((source) => {
      if (source.kind === 'list') return [pick({ ...source, cadenceSeconds: source.cadence.minutes * 60 })];
      return source.kind === 'operator' ? [pick({ ...source, licence: 'own entries', homepage: '', cadenceSeconds: null })] : [];
    }),
    tables: dataset.tables.map((table) => compileTable(table, dataset.maintenance, table.kind === 'state' ? canaryKey(dataset, table.key) : {})),
  };
}

/**
 * Compiles the datasets, after the checks that need them all.
 *
 * @throws Error where two datasets share a name, two declarations name one table (one driver writes a Delta table), two export, or
 *   what a dataset is derived from or a table reads leads nowhere, backwards or in a circle.
 */
export function compileContracts(datasets: readonly Dataset[]): CompiledContracts {
  exportingDataset(datasets);
  const owners = new Map<string, string>();
  const claim = (what: string, owner: string) => {
    const other = owners.get(what);
    if (other !== undefined) throw new Error(`${what} is declared by ${other} and by ${owner}: each has one writer; rename one`);
    owners.set(what, owner);
  };
  for (const table of RAIL_TABLES) claim(`table ${fullName(table)}`, 'the rails');
  for (const dataset of datasets) {
    if (owners.has(`dataset ${dataset.name}`)) throw new Error(`two datasets are called ${dataset.name}: rename one; datasets/index.ts lists both`);
    claim(`dataset ${dataset.name}`, `dataset ${dataset.name}`);
    for (const table of dataset.tables) claim(`table ${fullName(table)}`, `dataset ${dataset.name}`);
    for (const source of dataset.sources) claim(`source ${source.name}`, `dataset ${dataset.name}`);
  }
  const problems = lineageProblems(datasets);
  if (problems.length > 0) throw new Error(`contracts do not fit each other:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  // What is a field of a log line is no series: a driver has no other way to send it.
  const metrics = METRICS.flatMap((spec) =>
    spec.told === 'detail' ? [] : [{ name: spec.name, of: spec.of, unit: spec.unit, wrongAbove: spec.told === 'wrong' ? spec.wrongAbove : null }],
  );
  const kept = maintenanceSchema.parse({});
  return { format: 2, canarySource: CANARY_SOURCE, datasets: datasets.map(compileDataset), ledger: compileTable(ledger, kept), canaries: compileTable(canaries, kept), metrics };
}

/** The exact bytes of `contracts.json`. */
export const renderContracts = (compiled: CompiledContracts): string => `${JSON.stringify(compiled, null, 2)}\n`;

export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
