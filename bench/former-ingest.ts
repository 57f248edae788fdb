import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { bundleScript } from '../lib/shared/bundle.js';
import { ROOT } from '../localstack/paths.js';

/** The build that bench/ingest is held against where nothing else is asked for. */
export const FORMER_BUILD = 'cd86e88';

/**
 * What bench/ingest measures, as an earlier build has it: its files in a folder, its own `bench/ingest-child.ts` bundled.
 *
 * @returns the script
 */
export function formerIngest(commit: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', ROOT, 'archive', '--format=tar', commit], { maxBuffer: 1024 ** 3 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
  const script = join(folder, 'child.mjs');
  bundleScript(join(folder, 'bench', 'ingest-child.ts'), script);
  return script;
}
