import { createHash } from 'node:crypto';
import { type Dataset, maintenanceSchema } from './dataset.js';
import { exportingDataset } from './exports.js';
import { ledger } from './ledger.js';
import { METRICS } from './metrics.js';
import { ruleSql } from './rules.js';
import type { Table } from './tables.js';
import { sparkDdl } from './types.js';

/** Source name of the canary. One shared filter on it keeps canaries out of every count, export, index and page. */
export const CANARY_SOURCE = '_canary';

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
  readonly clusterBy: readonly string[];
  readonly retentionDays: number | null;
  readonly optimiseAfterCommits: number;
  readonly vacuumEveryHours: number;
  readonly keepVersionsHours: number;
  /** Seconds between two times that a periodic table is brought up to date. */
  readonly everySeconds: number | null;
  readonly reads: readonly string[];
  readonly description: string;
  readonly ddl: string;
}

export interface CompiledDataset {
  readonly name: string;
  readonly version: number;
  readonly topic: { readonly name: string; readonly partitions: number; readonly retentionHours: number };
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
  readonly format: 1;
  readonly canarySource: string;
  readonly datasets: readonly CompiledDataset[];
  readonly ledger: CompiledTable;
  /** What may be measured, and of what: contracts/metrics.ts. */
  readonly metrics: readonly { readonly name: string; readonly of: readonly string[]; readonly unit: string; readonly wrongAbove: number | null }[];
}

export function compileTable(table: Table, maintenance: Dataset['maintenance']): CompiledTable {
  const { layer, name, kind, writer, key, order, partitionBy, clusterBy, description, reads } = table;
  return {
    layer,
    name,
    kind,
    writer,
    path: `${layer}/${name}`,
    key,
    order,
    partitionBy,
    clusterBy,
    description,
    reads,
    retentionDays: table.retentionDays ?? null,
    ...maintenance,
    everySeconds: table.everySeconds ?? null,
    ddl: sparkDdl(table.columns),
  };
}

const pick = ({ name, category, role, licence, homepage, cadenceSeconds }: CompiledDataset['sources'][number]) => ({ name, category, role, licence, homepage, cadenceSeconds });

function compileDataset(dataset: Dataset): CompiledDataset {
  return {
    name: dataset.name,
    version: dataset.version,
    topic: { name: dataset.name, ...dataset.topic },
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
    tables: dataset.tables.map((table) => compileTable(table, dataset.maintenance)),
  };
}

/**
 * Compiles the datasets, after the checks that need them all.
 *
 * @throws Error where two datasets share a name, or two declarations name one table: one driver writes a Delta table; where two export.
 */
export function compileContracts(datasets: readonly Dataset[]): CompiledContracts {
  exportingDataset(datasets);
  const owners = new Map<string, string>();
  const claim = (what: string, owner: string) => {
    const other = owners.get(what);
    if (other !== undefined) throw new Error(`${what} is declared by ${other} and by ${owner}: each has one writer; rename one`);
    owners.set(what, owner);
  };
  claim(`table ${ledger.layer}.${ledger.name}`, 'the ledger');
  for (const dataset of datasets) {
    claim(`dataset ${dataset.name}`, `dataset ${dataset.name}`);
    for (const table of dataset.tables) claim(`table ${table.layer}.${table.name}`, `dataset ${dataset.name}`);
    for (const source of dataset.sources) claim(`source ${source.name}`, `dataset ${dataset.name}`);
    for (const table of dataset.tables) {
      for (const other of table.reads) {
        if (!datasets.some(({ name }) => name === other)) throw new Error(`dataset ${dataset.name}: table ${table.layer}.${table.name} reads "${other}", which is no dataset`);
      }
    }
  }
  // What is a field of a log line is no series: a driver has no other way to send it.
  const metrics = METRICS.flatMap((spec) =>
    spec.told === 'detail' ? [] : [{ name: spec.name, of: spec.of, unit: spec.unit, wrongAbove: spec.told === 'wrong' ? spec.wrongAbove : null }],
  );
  return { format: 1, canarySource: CANARY_SOURCE, datasets: datasets.map(compileDataset), ledger: compileTable(ledger, maintenanceSchema.parse({})), metrics };
}

/** The exact bytes of `contracts.json`. */
export const renderContracts = (compiled: CompiledContracts): string => `${JSON.stringify(compiled, null, 2)}\n`;

export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
