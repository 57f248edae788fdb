import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== '__pycache__') yield* filesBelow(path);
    } else if (entry.name.endsWith('.py')) yield path;
  }
}

/**
 * The fingerprint of a job: a hash of its entry point, the packages, the contracts and the jars that it brings. A run that carries
 * another one runs old code.
 *
 * @param jars hashes of the jars
 */
export function fingerprintOf(glueJobs: string, entryPoint: string, contracts: string, jars: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of [join(glueJobs, entryPoint), ...filesBelow(join(glueJobs, 'medallion')), ...filesBelow(join(glueJobs, 'datasets'))]) {
    hash.update(relative(glueJobs, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.update(contracts).update(jars.join()).digest('hex').slice(0, 16);
}
