/**
 * bench/change: what 200 changed names cost the driver of Gold where the table holds many: seconds, CPU, and bytes that are read
 * and written.
 *
 *   node --import tsx bench/change.ts [--names 100000,1000000,5000000] [--changes 5] [--former cd86e88]
 *
 * The build of a former commit is measured beside it in the same run, from its own files, but at five million names, where it
 * takes minutes a change. Tables are made once per build and number of names, in .sluice/bench/change. Goals: at a million names
 * at most a tenth of the former build's time; at the largest number at most 1.5 times the time at the smallest.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../localstack/paths.js';
import { type Build, drive, formerBuild, today } from './build.js';
import { FORMER_COMMIT } from './former.js';

const FORMER_AT_MOST = 1_000_000;

interface Change {
  readonly names: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly read: number;
  readonly written: number;
}

const { values } = parseArgs({
  options: {
    names: { type: 'string', default: '100000,1000000,5000000' },
    changes: { type: 'string', default: '5' },
    former: { type: 'string', default: FORMER_COMMIT },
  },
});
const kept = join(ROOT, '.sluice', 'bench', 'change');
const work = mkdtempSync(join(tmpdir(), 'sluice-change-'));

async function changes(build: Build, names: number): Promise<Change[]> {
  const folder = join(kept, 'tables', build.name, String(names));
  mkdirSync(folder, { recursive: true });
  const lines = (await drive('change.py', build, [folder, build.contracts, String(names), values.changes], work)).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Change);
}

/** The median of what a driver's changes cost, the first left out, in which it loads its classes. */
function median(all: readonly Change[], of: keyof Change): number {
  const sorted = all
    .slice(1)
    .map((each) => each[of])
    .sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

function print(build: Build, names: number, found: readonly Change[]): void {
  const [seconds, cpu, read, written] = (['seconds', 'cpu', 'read', 'written'] as const).map((of) => median(found, of)) as [number, number, number, number];
  process.stdout.write(`${build.name}, ${names} names: p50 ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU, ${megabytes(read)} read, ${megabytes(written)} written\n`);
}

try {
  const sizes = values.names.split(',').map(Number);
  const [own, before] = [today(work), formerBuild(values.former, join(kept, values.former))];
  const took = new Map<number, number>();
  for (const names of sizes) {
    const found = await changes(own, names);
    took.set(names, median(found, 'seconds'));
    print(own, names, found);
    if (names > FORMER_AT_MOST) continue;
    const theirs = await changes(before, names);
    print(before, names, theirs);
    process.stdout.write(`at ${names} names ${(median(theirs, 'seconds') / median(found, 'seconds')).toFixed(1)} times as fast as ${before.name}\n`);
  }
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  process.stdout.write(`${largest} names take ${((took.get(largest) ?? Number.NaN) / (took.get(smallest) ?? Number.NaN)).toFixed(2)} times as long as ${smallest}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
