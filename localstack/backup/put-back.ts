import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../paths.js';
import { BackupError } from './manifest.js';

/** Where a restore says that it is under way: a lake that is half put back must not be started. */
const markOf = (home: Home): string => join(home.root, 'restoring');

/** @throws BackupError where a restore was cut between its two renames */
export function requireWholeData(home: Home): void {
  if (existsSync(markOf(home))) throw new BackupError(`a restore was cut short here: run it again (${readFileSync(markOf(home), 'utf8')})`);
}

/**
 * Puts an unpacked backup in the place of a home's data. Nothing may run.
 *
 * @returns where the data of before now stands; null where there was none
 */
export function putBack(home: Home, folder: string, command: string, stamp: string): string | null {
  writeFileSync(markOf(home), command);
  const aside = `${home.data}-before-${stamp}`;
  const had = existsSync(home.data);
  if (had) renameSync(home.data, aside);
  renameSync(join(folder, 'data'), home.data);
  mkdirSync(home.run, { recursive: true });
  const runs = join(folder, 'run', 'glue-runs.json');
  if (existsSync(runs)) renameSync(runs, join(home.run, 'glue-runs.json'));
  rmSync(markOf(home));
  return had ? aside : null;
}
