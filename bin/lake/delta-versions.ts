import { BrokenLog, type DeltaTable, type Snapshot } from './delta.js';

/**
 * The oldest version whose files are all there: none was taken out of the table before it and removed by VACUUM since.
 *
 * @param stored files that are there
 */
export function oldestReadable({ commits, oldestInLog }: Snapshot, stored: ReadonlyMap<string, number>): number {
  const gone = commits.filter(({ removed }) => removed.some((path) => !stored.has(path)));
  return Math.max(oldestInLog, ...gone.map(({ version }) => version));
}

/** The newest version that was there at a time. @throws BrokenLog where the log does not reach back so far */
export function versionAt({ commits }: Snapshot, time: number): number {
  const found = commits.filter(({ timestamp }) => timestamp <= time).at(-1);
  if (!found) throw new BrokenLog(`the log begins at ${new Date(commits[0]?.timestamp ?? 0).toISOString()}, after ${new Date(time).toISOString()}`);
  return found.version;
}

export interface Verification {
  readonly version: number;
  readonly files: number;
  /** Files that the log names and that are not there, of data or of deletion vectors. */
  readonly missing: readonly string[];
  /** Files of another size than the log says. */
  readonly differ: readonly string[];
  /** Files that no version in the log names: left by writes that failed; VACUUM takes them. */
  readonly unreferenced: number;
}

/** Holds the log against the files. */
export async function verify(table: DeltaTable): Promise<Verification> {
  const [snapshot, stored] = [await table.snapshot(), await table.stored()];
  const removed = new Set(snapshot.commits.flatMap((commit) => commit.removed));
  const files = [...snapshot.files.values()];
  // One file holds the deletion vectors of many.
  const vectors = new Set(files.flatMap(({ deleted }) => (deleted?.path ? [deleted.path] : [])));
  return {
    version: snapshot.version,
    files: files.length,
    missing: [...files.map(({ path }) => path), ...vectors].filter((path) => !stored.has(path)),
    differ: files.filter(({ path, size }) => stored.has(path) && stored.get(path) !== size).map(({ path }) => path),
    unreferenced: [...stored.keys()].filter((path) => !snapshot.files.has(path) && !vectors.has(path) && !removed.has(path)).length,
  };
}
