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
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contractsJson } from '../bin/contracts-json.js';
import { DELTA_CONF, driverPython, sparkProfile, submitArguments } from '../localstack/front-door/spark-profile.js';
import { defaultHome, ROOT } from '../localstack/paths.js';

const FORMER_AT_MOST = 1_000_000;

interface Change {
  readonly names: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly read: number;
  readonly written: number;
}

interface Build {
  readonly name: string;
  /** Folder of a checkout. */
  readonly root: string;
  readonly contracts: string;
}

const { values } = parseArgs({
  options: {
    names: { type: 'string', default: '100000,1000000,5000000' },
    changes: { type: 'string', default: '5' },
    former: { type: 'string', default: 'cd86e88' },
  },
});
const home = defaultHome();
const kept = join(ROOT, '.sluice', 'bench', 'change');
const work = mkdtempSync(join(tmpdir(), 'sluice-change-'));

/** The files of a commit, with this checkout's libraries, and the contracts as that build compiles them. */
function former(commit: string): Build {
  const [root, contracts] = [join(kept, commit), join(kept, commit, 'contracts.compiled.json')];
  if (!existsSync(contracts)) {
    mkdirSync(root, { recursive: true });
    execFileSync('tar', ['-x', '-C', root], { input: execFileSync('git', ['-C', ROOT, 'archive', commit], { maxBuffer: 1 << 30 }) });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    const script = "import('./bin/contracts-json.ts').then((m) => process.stdout.write(m.contractsJson()))";
    writeFileSync(contracts, execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root, maxBuffer: 1 << 30 }));
  }
  return { name: commit, root, contracts };
}

function today(): Build {
  const contracts = join(work, 'contracts.json');
  writeFileSync(contracts, contractsJson());
  return { name: 'today', root: ROOT, contracts };
}

async function changes(build: Build, names: number): Promise<Change[]> {
  const folder = join(kept, 'tables', build.name, String(names));
  mkdirSync(folder, { recursive: true });
  const conf = { ...sparkProfile(home, { s3Endpoint: 'http://127.0.0.1:9', uiPort: 0, memory: '1400m', runTmp: work }), 'spark.ui.enabled': 'false', ...DELTA_CONF };
  const child = spawn(driverPython(home), [join(ROOT, 'bench', 'change.py'), folder, build.contracts, String(names), values.changes], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      JAVA_HOME: join(home.tools, 'java17'),
      PYSPARK_SUBMIT_ARGS: submitArguments(conf),
      PYTHONPATH: join(build.root, 'glue-jobs'),
      SPARK_LOCAL_IP: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the driver of ${build.name} ended with ${code}`);
  const lines = Buffer.concat(output).toString('utf8').split('\n');
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
  const [own, before] = [today(), former(values.former)];
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
