import { join } from 'node:path';
import { bundleScript } from '../lib/shared/bundle.js';
import { filesOf } from './former.js';

/**
 * What bench/ingest measures, as an earlier build has it: its files in a folder, its own `bench/ingest-child.ts` bundled.
 *
 * @returns the script
 */
export function formerIngest(commit: string, folder: string): string {
  filesOf(commit, folder);
  const script = join(folder, 'child.mjs');
  bundleScript(join(folder, 'bench', 'ingest-child.ts'), script);
  return script;
}
