import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../../localstack/paths.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Holds what is made once a run, whichever test asks first. */
    readonly kept: string;
  }
}

/**
 * Gives a run a folder for what its tests share, and a temporary folder of its own, so that what a test leaves behind is
 * known to be its own. Both go with the run.
 *
 * @throws Error at the end, naming what was left
 */
export default function setup(project: TestProject): () => void {
  const tests = join(ROOT, '.sluice', 'tests');
  mkdirSync(tests, { recursive: true });
  const kept = mkdtempSync(join(tests, 'kept-'));
  const machines = tmpdir();
  // Not below the repository: the path of a Unix socket is short.
  const temporary = mkdtempSync(join(realpathSync(machines), 'sluice-run-'));
  const mayStay = keepTransformed(machines, temporary);
  process.env.TMPDIR = temporary;
  project.provide('kept', kept);
  return () => {
    const left = readdirSync(temporary).filter((name) => !mayStay.includes(name));
    process.env.TMPDIR = machines;
    for (const folder of [kept, temporary]) rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`tests left ${left.length} files or folders in the temporary folder: ${left.sort().join(', ')}`);
  };
}

/** tsx keeps there what it has transformed, for the next process too. @returns what it is called */
function keepTransformed(machines: string, temporary: string): string[] {
  const name = `tsx-${userInfo().uid}`;
  mkdirSync(join(machines, name), { recursive: true });
  symlinkSync(join(machines, name), join(temporary, name));
  return [name];
}
