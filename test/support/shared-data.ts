import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { ROOT } from '../../localstack/paths.js';

/** Real inputs that nobody here wrote; never copied into the project. */
export const SHARED_DATA = process.env.SLUICE_SHARED_DATA ?? join(ROOT, '..', 'shared', 'data');
export const hasSharedData = existsSync(SHARED_DATA);
export const STEVENBLACK = join(SHARED_DATA, 'blocklists', 'stevenblack-2019-03-27.hosts.gz');

/** A test that reads ../shared/data, and says so where that is missing. */
export const testWithSharedData = (name: string, body: () => Promise<void> | void, timeout?: number): void => {
  if (hasSharedData) test(name, body, timeout);
  else test.skip(`${name} [skipped: ../shared/data is missing]`, body);
};
