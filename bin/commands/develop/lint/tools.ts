import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';

/** A program with its arguments. */
export type Tool = readonly [string, ...string[]];

const tool = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const python = join(ROOT, '.sluice', 'tools', 'python', 'bin', 'python');

/** Checks that change nothing: types and style of both languages. */
export const LINTERS: readonly Tool[] = [
  [tool('tsc'), '-p', '.'],
  [tool('biome'), 'check', '--error-on-warnings'],
  [python, '-m', 'ruff', 'check', 'glue-jobs'],
  [python, '-m', 'ruff', 'format', '--check', 'glue-jobs'],
];

export const FORMATTERS: readonly Tool[] = [
  [tool('biome'), 'check', '--write'],
  [python, '-m', 'ruff', 'check', '--fix', 'glue-jobs'],
  [python, '-m', 'ruff', 'format', 'glue-jobs'],
];

/** Runs each in the project's folder, to the end. @returns how many passed and failed */
export function runTools(commands: readonly Tool[]): { passed: number; failed: number } {
  const codes = commands.map(([command, ...args]) => spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, RUFF_NO_CACHE: 'true' } }).status);
  const failed = codes.filter((code) => code !== 0).length;
  return { passed: codes.length - failed, failed };
}
