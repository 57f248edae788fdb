import type { Table } from '../../contracts/index.js';
import { CliError, EXIT } from '../output.js';
import { BrokenLog, type DataFile, type Metadata, type TableLocation } from './delta.js';
import { oldestReadable, versionAt } from './delta-versions.js';
import { findTable, fullName, openTable } from './tables.js';
import type { Target } from './target.js';

/** A table at one version. */
export interface Pinned {
  readonly table: Table;
  readonly version: number;
  readonly location: TableLocation;
  readonly files: readonly DataFile[];
  readonly metadata: Metadata | null;
}

const REFERENCE = /\b(FROM|JOIN)(\s+)(bronze|silver|gold|quarantine|ops)\.([a-z_][a-z0-9_]*)\b/gi;

/** Tables that SQL reads, each once. @throws CliError where it reads none of the lake */
export function tablesRead(sql: string): Table[] {
  const names = [...new Set([...sql.matchAll(REFERENCE)].map(([, , , layer, name]) => `${layer?.toLowerCase()}.${name?.toLowerCase()}`))];
  if (names.length === 0) throw new CliError('--as-of is of tables, and the SQL reads none after FROM or JOIN', EXIT.misuse);
  return names.map(findTable);
}

/** Puts something in the place of each table that SQL reads. */
export const replaceTables = (sql: string, by: (name: string) => string): string =>
  sql.replace(REFERENCE, (_, word: string, space: string, layer: string, name: string) => `${word}${space}${by(`${layer.toLowerCase()}.${name.toLowerCase()}`)}`);

/**
 * The version of a table that `asOf` means: a number, or a time.
 *
 * @throws CliError where it is neither, or beyond what VACUUM has kept
 */
export async function versionOf(table: Table, asOf: string, lake: Target): Promise<Pinned> {
  const isVersion = /^\d+$/.test(asOf);
  const time = isVersion ? Number.NaN : Date.parse(asOf);
  if (!isVersion && Number.isNaN(time)) throw new CliError(`${asOf}: neither a version such as 42, nor a time such as 2026-11-26T12:00:00Z`, EXIT.misuse);
  const delta = await openTable(table, lake);
  try {
    const latest = await delta.snapshot();
    const version = isVersion ? Number(asOf) : versionAt(latest, time);
    const oldest = oldestReadable(latest, await delta.stored());
    if (version < oldest) throw new BrokenLog(`version ${version} can no longer be read: VACUUM has kept ${oldest} to ${latest.version}`);
    const { files, metadata } = await delta.snapshot(version);
    return { table, version, location: delta.location, files: [...files.values()], metadata };
  } catch (cause) {
    if (cause instanceof BrokenLog) throw new CliError(`${fullName(table)}: ${cause.message}`);
    throw cause;
  }
}

/**
 * The version of each table that SQL reads: a number, for SQL over one table, or a time.
 *
 * @throws CliError where it is neither, or beyond what VACUUM has kept
 */
export async function pinned(sql: string, asOf: string, lake: Target): Promise<Pinned[]> {
  const tables = tablesRead(sql);
  if (/^\d+$/.test(asOf) && tables.length > 1)
    throw new CliError(`--as-of ${asOf}: a version is of one table, the SQL reads ${tables.map(fullName).join(', ')}: give a time`, EXIT.misuse);
  return Promise.all(tables.map((table) => versionOf(table, asOf, lake)));
}
