import { BrokenLog, DeltaTable } from '../../../lake/delta.js';
import { oldestReadable } from '../../../lake/delta-versions.js';
import { type findTable, fullName, locationOf } from '../../../lake/tables.js';
import type { Target } from '../../../lake/target.js';

/** What `sluice tables` says of a table. */
export interface TableRow {
  readonly table: string;
  /** Null where the log does not say, or there is no table yet. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
  readonly version: number | null;
  /** When it was last written, ISO. */
  readonly lastCommit: string | null;
  readonly lastMaintenance: string | null;
  readonly oldestVersion: number | null;
  readonly problem: string | null;
}

const iso = (time: number | undefined): string | null => (time === undefined || time === 0 ? null : new Date(time).toISOString());

/** @param maintained when each table was last maintained, by full name */
export async function describeTable(table: ReturnType<typeof findTable>, maintained: ReadonlyMap<string, string>, lake: Target): Promise<TableRow> {
  const base = {
    table: fullName(table),
    rows: null,
    bytes: null,
    files: null,
    version: null,
    lastCommit: null,
    lastMaintenance: maintained.get(fullName(table)) ?? null,
    oldestVersion: null,
  };
  try {
    const delta = await DeltaTable.open(lake.s3, await locationOf(table, lake));
    const [snapshot, stored] = [await delta.snapshot(), await delta.stored()];
    const files = [...snapshot.files.values()];
    return {
      ...base,
      rows: files.some(({ records }) => records === null) ? null : files.reduce((sum, { records }) => sum + (records ?? 0), 0),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      files: files.length,
      version: snapshot.version,
      lastCommit: iso(snapshot.commits.at(-1)?.timestamp),
      lastMaintenance: base.lastMaintenance ?? iso(snapshot.commits.filter(({ operation }) => operation === 'OPTIMIZE').at(-1)?.timestamp),
      oldestVersion: oldestReadable(snapshot, stored),
      problem: files.some(({ path }) => !stored.has(path)) ? `files are missing: ./sluice verify ${fullName(table)}` : null,
    };
  } catch (cause) {
    if (cause instanceof BrokenLog) return { ...base, problem: cause.message };
    throw cause;
  }
}
