import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';
import { EXIT, say } from '../../../output.js';
import { lanesOf, runParts, type Telling } from './lanes.js';
import { LeftBehind } from './left-behind.js';
import { type Outcome, slowest, sum } from './outcome.js';
import { Parts } from './parts.js';
import { planOf, type TestOptions } from './plan.js';

/** A skip whose name holds this is allowed under CI; any other fails the run. */
const MISSING_DATA = '../shared/data is missing';

const TELLING: Telling = { write: (chunk) => process.stdout.write(chunk), say, now: Date.now };

/** Skips that are no failure elsewhere, and are in CI. */
function forbiddenSkips(skips: readonly string[]): readonly string[] {
  return process.env.CI ? skips.filter((skip) => !skip.includes(MISSING_DATA)) : [];
}

/** Runs what was asked for, lists what was skipped and why, what took longest, what was left behind, and ends with the line that CI reads. */
export async function runTests(options: TestOptions): Promise<number> {
  const tests = join(ROOT, '.sluice', 'tests');
  const leftBehind = new LeftBehind(tests);
  mkdirSync(tests, { recursive: true });
  const work = mkdtempSync(join(tests, 'run-'));
  const temporaryFolder = join(work, 'tmp');
  mkdirSync(temporaryFolder);
  let left: readonly string[] = [];
  let outcome: Outcome;
  try {
    outcome = await runAll(options, work, temporaryFolder);
    if (!process.env.SLUICE_KEEP_TESTS) left = leftBehind.find(temporaryFolder, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
    leftBehind.removeEmpty();
  }
  for (const skip of outcome.skips) say(`skipped: ${skip}`);
  const forbidden = forbiddenSkips(outcome.skips);
  for (const skip of forbidden) say(`a skip that CI does not allow: ${skip}`);
  for (const path of left) say(`left behind: ${path}`);
  if (outcome.timings.length > 0) process.stdout.write(`slowest:\n${slowest(outcome.timings).join('\n')}\n`);
  const failed = outcome.failed + forbidden.length + (left.length > 0 ? 1 : 0);
  process.stdout.write(`${outcome.passed} passed, ${failed} failed\n`);
  const nothingToRun = options.changed !== undefined && outcome.passed === 0;
  return failed === 0 && (outcome.passed > 0 || nothingToRun) ? EXIT.ok : EXIT.failed;
}

async function runAll(options: TestOptions, work: string, temporaryFolder: string): Promise<Outcome> {
  const machine = { cores: availableParallelism(), memory: totalmem() };
  const [lanes, lakeLanes] = options.unit || options.faults ? ([1, 1] as const) : [lanesOf(machine, false), lanesOf(machine, true)];
  const parts = new Parts({ work, temporaryFolder, workers: lanes === 1 ? 2 : 1 });
  const { light, lakes, templates } = planOf(options, parts, say);
  if (options.kills !== undefined) process.env.SLUICE_KILLS = options.kills;
  if (lakes.length > 0) await parts.install('install.sh', 'trino');
  if (lakes.length > 0 && !options.faults) await parts.install('resolvers.sh');
  if (templates.length > 0) for (const scanner of ['checkov', 'cfn-lint']) await parts.install('install.sh', scanner);
  if (lanes === lakeLanes) return sum(await runParts([...light, ...lakes, ...templates], lanes, TELLING));
  const outcomes = await runParts([...light, ...templates], lanes, TELLING);
  return sum([...outcomes, ...(await runParts(lakes, lakeLanes, TELLING))]);
}
