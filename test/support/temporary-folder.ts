import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * Gives each test file a folder of temporary files of its own, gone when the file has ended: an `App` of the CDK makes a
 * folder wherever it is made, and tells nobody to remove it.
 */
const former = process.env.TMPDIR;
const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
process.env.TMPDIR = folder;

afterAll(() => {
  if (former === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = former;
  rmSync(folder, { recursive: true, force: true });
});
