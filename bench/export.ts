/**
 * bench/export: names a second, from Gold to every list of every tier and format with its manifest (27 files), without the
 * upload.
 *
 *   node --import tsx bench/export.ts [--names 1000000]
 *
 * Beside it in the same run `@adguard/hostlist-compiler` (npm, into a temporary folder: it is 40 MB) makes one list of the
 * same names: checked, each once, less what a name above covers. Goal: at least three times its speed, list for list.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contractsJson } from '../bin/contracts-json.js';
import { DELTA_CONF, driverPython, sparkProfile, submitArguments } from '../localstack/front-door/spark-profile.js';
import { defaultHome, ROOT } from '../localstack/paths.js';

const COMPILER = '2.1.1';
/** What it asks for (1.1.4) is in no registry any more. */
const DIFF_BUILDER = '1.1.7';
const GOAL = 3;

interface Exported {
  readonly seconds: number;
  readonly names: number;
  readonly lists: number;
  readonly entries: number;
  readonly bytes: number;
  readonly exceptions: number;
}

const { values } = parseArgs({ options: { names: { type: 'string', default: '1000000' } } });
const home = defaultHome();
const work = mkdtempSync(join(tmpdir(), 'sluice-export-'));

async function ours(): Promise<Exported> {
  const contracts = join(work, 'contracts.json');
  writeFileSync(contracts, contractsJson());
  const conf = {
    ...sparkProfile(home, { s3Endpoint: 'http://127.0.0.1:9', uiPort: 0, memory: '1400m', runTmp: work }),
    'spark.ui.enabled': 'false',
    ...DELTA_CONF,
  };
  const child = spawn(driverPython(home), [join(ROOT, 'bench', 'export_lists.py'), work, values.names], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      JAVA_HOME: join(home.tools, 'java17'),
      PYSPARK_SUBMIT_ARGS: submitArguments(conf),
      PYTHONPATH: join(ROOT, 'glue-jobs'),
      SLUICE_CONTRACTS: contracts,
      SPARK_LOCAL_IP: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the driver ended with ${code}`);
  return JSON.parse(Buffer.concat(output).toString('utf8')) as Exported;
}

/** Seconds that the compiler takes for one list of the same names. */
function theirs(): number {
  const folder = mkdtempSync(join(work, 'compiler-'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { '@adguard/hostlist-compiler': COMPILER }, overrides: { '@adguard/diff-builder': DIFF_BUILDER } }),
  );
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const source = join(work, 'lists', 'strict.hosts');
  if (!existsSync(source) || statSync(source).size === 0) throw new Error(`${source} holds no names`);
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ name: 'bench', sources: [{ source, type: 'hosts' }], transformations: ['RemoveComments', 'Compress', 'Validate', 'Deduplicate'] }),
  );
  const began = performance.now();
  execFileSync(join(folder, 'node_modules', '.bin', 'hostlist-compiler'), ['-c', 'config.json', '-o', 'out.txt'], { cwd: folder, stdio: 'ignore' });
  const seconds = (performance.now() - began) / 1000;
  if (!existsSync(join(folder, 'out.txt'))) throw new Error('the compiler wrote nothing');
  return seconds;
}

try {
  const made = await ours();
  const compiler = theirs();
  const round = (value: number): number => Number(value.toPrecision(3));
  const [own, one] = [made.names / made.seconds, made.names / compiler];
  console.log(
    JSON.stringify({
      names: made.names,
      lists: made.lists,
      exceptions: made.exceptions,
      megabytes: Math.round(made.bytes / 1e6),
      seconds: round(made.seconds),
      namesPerSecond: round(own),
      entriesPerSecond: round(made.entries / made.seconds),
      compilerSeconds: round(compiler),
      compilerNamesPerSecond: round(one),
      timesTheCompiler: round(own / one),
      timesTheCompilerPerList: round(made.entries / made.seconds / one),
      goal: GOAL,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
