import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Folders of one AWS-on-this-machine. Tests use a home of their own, so that they never touch a running lake. */
export interface Home {
  readonly root: string;
  /** Links to what is installed; shared by all homes of a clone. */
  readonly tools: string;
  readonly data: string;
  readonly logs: string;
  readonly run: string;
  readonly tmp: string;
}

export function homeAt(root: string): Home {
  const at = (name: string) => join(root, name);
  return { root, tools: join(ROOT, '.sluice', 'tools'), data: at('data'), logs: at('logs'), run: at('run'), tmp: at('tmp') };
}

/** The home that the command line works on: `SLUICE_HOME` (a path from here, where it is relative), else `.sluice` in the project. */
export const defaultHome = (env: NodeJS.ProcessEnv = process.env): Home => homeAt(env.SLUICE_HOME ? resolve(env.SLUICE_HOME) : join(ROOT, '.sluice'));

/** The cache that clones share. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string => env.SLUICE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sluice');

/** Bytes below a folder, as `du` counts them. */
export function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  return Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) * 1024;
}
