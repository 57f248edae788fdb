import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
 * Gives a run a folder for what its tests share: that of `./sluice test`, whose parts share it too (SLUICE_RUN_FOLDER), else
 * one of its own, which goes with it.
 */
export default function setup(project: TestProject): (() => void) | undefined {
  const { SLUICE_RUN_FOLDER: given } = process.env;
  if (given) {
    mkdirSync(given, { recursive: true });
    project.provide('kept', given);
    return undefined;
  }
  const tests = join(ROOT, '.sluice', 'tests');
  mkdirSync(tests, { recursive: true });
  const own = mkdtempSync(join(tests, 'kept-'));
  project.provide('kept', own);
  return () => rmSync(own, { recursive: true, force: true });
}
