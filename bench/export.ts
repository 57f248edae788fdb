/**
 * bench/export: names a second, from Gold to every list of every tier and format with its manifest (27 files), without the
 * upload.
 *
 *   node --import tsx bench/export.ts [--names 1000000] [--former cd86e88]
 *
 * Beside it in the same run, of the same Gold: the build of `--former` (files of that commit in a temporary folder), and
 * `@adguard/hostlist-compiler` (npm, there too: it is 40 MB), which makes one list of the same names: checked, each once, less what
 * a name above covers. Goals: twice the former build's speed, three times the compiler's.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Build, drive, formerBuild, today } from './build.js';
import { FORMER_COMMIT } from './former.js';

const COMPILER = '2.1.1';
/** What it asks for (1.1.4) is in no registry any more. */
const DIFF_BUILDER = '1.1.7';
const GOALS = { former: 2, compiler: 3 };

interface Exported {
  readonly seconds: number;
  readonly javaProcessorSeconds: number;
  readonly pythonProcessorSeconds: number;
  readonly names: number;
  readonly lists: number;
  readonly entries: number;
  readonly bytes: number;
  readonly exceptions: number;
}

const { values } = parseArgs({ options: { names: { type: 'string', default: '1000000' }, former: { type: 'string', default: FORMER_COMMIT } } });
const work = mkdtempSync(join(tmpdir(), 'sluice-export-'));
const gold = join(work, 'gold');
const listsOf = (build: string): string => join(work, `lists-${build}`);

async function exported(script: string, build: Build, name: string): Promise<Exported> {
  mkdirSync(listsOf(name));
  return JSON.parse(await drive(script, build, [gold, listsOf(name)], work)) as Exported;
}

/** Seconds that the compiler takes for one list of the same names. */
function theirs(): number {
  const folder = mkdtempSync(join(work, 'compiler-'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { '@adguard/hostlist-compiler': COMPILER }, overrides: { '@adguard/diff-builder': DIFF_BUILDER } }),
  );
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const source = join(listsOf('today'), 'strict.hosts');
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

const round = (value: number): number => Number(value.toPrecision(3));
const processor = ({ javaProcessorSeconds, pythonProcessorSeconds }: Exported): number => javaProcessorSeconds + pythonProcessorSeconds;

try {
  const build = today(work);
  await drive('export_gold.py', build, [gold, values.names], work);
  const before = await exported('export_former.py', formerBuild(values.former, join(work, 'former')), 'former');
  const made = await exported('export_lists.py', build, 'today');
  const compiler = theirs();
  const [own, one] = [made.names / made.seconds, made.names / compiler];
  console.log(
    JSON.stringify({
      names: made.names,
      lists: made.lists,
      exceptions: made.exceptions,
      megabytes: Math.round(made.bytes / 1e6),
      seconds: round(made.seconds),
      processorSeconds: round(processor(made)),
      pythonProcessorSeconds: round(made.pythonProcessorSeconds),
      namesPerSecond: round(own),
      entriesPerSecond: round(made.entries / made.seconds),
      formerSeconds: round(before.seconds),
      formerProcessorSeconds: round(processor(before)),
      timesTheFormer: round(before.seconds / made.seconds),
      timesTheFormerByProcessor: round(processor(before) / processor(made)),
      compilerSeconds: round(compiler),
      compilerNamesPerSecond: round(one),
      timesTheCompiler: round(own / one),
      timesTheCompilerPerList: round(made.entries / made.seconds / one),
      goals: GOALS,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
