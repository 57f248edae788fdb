import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

const PATIENCE_MS = 120_000;
const sleep = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** The folder of what a run keeps. */
export const kept = (): string => inject('kept');

/**
 * Makes a value once a run: whoever asks first makes it, in whichever worker, others wait for it.
 *
 * @param name of a file
 * @param make what can be written as JSON; where it throws, the next one tries again
 * @throws Error where somebody makes it for two minutes and more
 */
export function onceARun<T>(name: string, make: () => T): T {
  const path = join(kept(), `${name}.json`);
  const lock = `${path}.lock`;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; sleep(20)) {
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
    try {
      mkdirSync(lock);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw cause;
    }
    try {
      const value = make();
      writeFileSync(`${lock}/new`, JSON.stringify(value));
      renameSync(`${lock}/new`, path);
      return value;
    } finally {
      rmdirSync(lock);
    }
  }
  throw new Error(`${lock}: another worker has been making it for ${PATIENCE_MS / 1000} s`);
}
