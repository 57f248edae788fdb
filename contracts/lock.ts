import type { CompiledContracts, CompiledTable } from './compile.js';
import type { Dataset } from './dataset.js';

/** What of a dataset may not change in place. Committed as `contracts.lock.json`. */
export interface LockedDataset {
  readonly version: number;
  /** 0 where the dataset is derived: it has no topic. */
  readonly partitions: number;
  /** The dataset that it is derived from, where it is. */
  readonly from?: string;
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, LockedTable>>;
}

interface LockedTable {
  readonly kind: string;
  readonly writer: string;
  readonly key: readonly string[];
  readonly partitionBy: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

export type ContractsLock = Readonly<Record<string, LockedDataset>>;

const typesOf = (columns: Readonly<Record<string, { type: string }>>) => Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));

export function lockOf(datasets: readonly Dataset[]): ContractsLock {
  return Object.fromEntries(
    datasets.map((dataset) => [
      dataset.name,
      {
        version: dataset.version,
        partitions: dataset.topic?.partitions ?? 0,
        ...(dataset.derived === undefined ? {} : { from: dataset.derived.from }),
        key: dataset.record.key,
        fields: typesOf(dataset.record.fields),
        tables: Object.fromEntries(
          dataset.tables.map((table) => [
            `${table.layer}.${table.name}`,
            { kind: table.kind, writer: table.writer, key: table.key, partitionBy: table.partitionBy, columns: typesOf(table.columns) },
          ]),
        ),
      },
    ]),
  );
}

const same = (a: readonly string[], b: readonly string[]) => a.join('\0') === b.join('\0');

function changedColumns(where: string, locked: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] {
  return Object.entries(locked).flatMap(([name, type]) => {
    const current = now[name];
    if (current === undefined)
      return [`${where}.${name} is gone. Keep the column (it may stay null), or rebuild the table into a new path and swap the catalog row: sluice rebuild`];
    if (current !== type)
      return [
        `${where}.${name} changed type from ${type} to ${current}. Add a column of the new type instead, or rebuild the table into a new path and swap the catalog row: sluice rebuild`,
      ];
    return [];
  });
}

/**
 * Compares the contracts with the lock. Additive changes (a dataset, a table, a column) pass.
 *
 * @returns one message per change that needs a migration, naming place and migration; empty when all is additive.
 */
export function breakingChanges(lock: ContractsLock, datasets: readonly Dataset[]): string[] {
  const now = lockOf(datasets);
  return Object.entries(lock).flatMap(([name, locked]) => {
    const current = now[name];
    if (current === undefined)
      return [`dataset ${name} is gone. Its tables and topic would be left without an owner: remove them by hand first, then its entry in contracts.lock.json`];
    const problems: string[] = [];
    const rebuild = (table: string) => `Rebuild ${table} into a new path, compare, then swap the catalog row: sluice rebuild ${table}`;
    if (!same(locked.key, current.key)) {
      problems.push(`${name}: the key changed from (${locked.key.join(', ')}) to (${current.key.join(', ')}). ${rebuild(`silver.${name}`)}`);
    }
    if (locked.from !== current.from) {
      const made = (from: string | undefined) => (from === undefined ? 'fed by a topic' : `derived from ${from}`);
      problems.push(`${name}: it was ${made(locked.from)} and is ${made(current.from)}: its rows would have other keys. Declare a dataset of another name`);
    } else if (locked.partitions !== current.partitions) {
      problems.push(
        `${name}: topic.partitions changed from ${locked.partitions} to ${current.partitions}. Keys would move between partitions and lose their order: make a new topic, drain the old one, then switch`,
      );
    }
    problems.push(...changedColumns(`${name}: field ${name}`, locked.fields, current.fields));
    for (const [tableName, table] of Object.entries(locked.tables)) {
      const currentTable = current.tables[tableName];
      if (currentTable === undefined) {
        problems.push(`${name}: table ${tableName} is gone. Drop it in the lake first, then its entry in contracts.lock.json`);
        continue;
      }
      if (!same(table.key, currentTable.key) && same(locked.key, current.key))
        problems.push(`${name}: ${tableName} changed its key from (${table.key.join(', ')}) to (${currentTable.key.join(', ')}). ${rebuild(tableName)}`);
      if (!same(table.partitionBy, currentTable.partitionBy))
        problems.push(`${name}: ${tableName} changed its partitioning from (${table.partitionBy.join(', ')}) to (${currentTable.partitionBy.join(', ')}). ${rebuild(tableName)}`);
      if (table.writer !== currentTable.writer)
        problems.push(
          `${name}: ${tableName} changed its writer from ${table.writer} to ${currentTable.writer}. Stop ${table.writer} for good first: one driver writes a Delta table`,
        );
      problems.push(...changedColumns(`${name}: ${tableName}`, table.columns, currentTable.columns));
    }
    return problems;
  });
}

/** Additive changes that the lock does not hold yet: the record grew, so its version must grow with it. */
export function missingVersionBumps(lock: ContractsLock, datasets: readonly Dataset[]): string[] {
  return Object.entries(lockOf(datasets)).flatMap(([name, current]) => {
    const locked = lock[name];
    if (locked === undefined) return [];
    const added = Object.keys(current.fields).filter((field) => !(field in locked.fields));
    return added.length > 0 && current.version <= locked.version
      ? [`${name}: fields added (${added.join(', ')}), so raise version from ${locked.version} to ${locked.version + 1}`]
      : [];
  });
}

/** @throws Error listing every breaking change with its migration. */
export function assertEvolution(lock: ContractsLock, datasets: readonly Dataset[]): void {
  const problems = [...breakingChanges(lock, datasets), ...missingVersionBumps(lock, datasets)];
  if (problems.length > 0) throw new Error(`contracts changed in a way that running lakes cannot follow:\n${problems.map((p) => `  ${p}`).join('\n')}`);
}

/** @throws Error where two jobs would write one table. One driver writes a Delta table: on S3, two lose commits. */
export function assertOneWriter(compiled: CompiledContracts, writersOfJobs: Readonly<Record<string, readonly string[]>>): void {
  const tables: CompiledTable[] = [...compiled.datasets.flatMap((d) => d.tables), compiled.ledger];
  for (const table of tables) {
    const jobs = Object.entries(writersOfJobs)
      .filter(([, writers]) => writers.includes(table.writer))
      .map(([job]) => job);
    if (jobs.length > 1)
      throw new Error(
        `table ${table.layer}.${table.name} would be written by jobs ${jobs.join(' and ')}: one driver writes a Delta table; give the writer "${table.writer}" to one of them`,
      );
    if (jobs.length === 0) throw new Error(`table ${table.layer}.${table.name} has writer "${table.writer}", which no job runs`);
  }
}
