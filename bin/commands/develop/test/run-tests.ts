import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';
import { contractsJson, ruleVectorSql } from '../../../contracts-json.js';
import { EXIT, say } from '../../../output.js';
import { LINTERS, runTools } from '../lint/tools.js';

export interface TestOptions {
  readonly unit?: boolean;
  readonly faults?: boolean;
  /** How many kills the kill tests make. @default - their own number */
  readonly kills?: string;
}

interface Outcome {
  passed: number;
  failed: number;
  readonly skips: string[];
}

/** A skip whose name holds this is allowed under CI; any other fails the run. */
const MISSING_DATA = '../shared/data is missing';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: { readonly status: string; readonly message?: string; readonly assertionResults: { readonly status: string; readonly fullName: string }[] }[];
}

function run(command: string, args: readonly string[], env: Record<string, string>, cwd = ROOT): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? EXIT.failed));
  });
}

/** Vitest on some folders. A file that could not even be loaded counts as one failure. */
async function vitest(folders: readonly string[], work: string, args: readonly string[] = []): Promise<Outcome> {
  const report = join(work, `vitest-${folders.join('-').replaceAll('/', '_')}.json`);
  await run(
    process.execPath,
    [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...folders, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    { NO_COLOR: '1' },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skips: [] };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const skips = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo').map(({ fullName }) => fullName),
  );
  const unloaded = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((each) => each.status === 'failed')).length;
  return { passed: numPassedTests, failed: numFailedTests + unloaded, skips };
}

async function pytest(work: string): Promise<Outcome> {
  const report = join(work, 'pytest.xml');
  const contracts = join(work, 'contracts.json');
  const sql = join(work, 'rule-sql.json');
  writeFileSync(contracts, contractsJson());
  writeFileSync(sql, ruleVectorSql());
  const tools = join(ROOT, '.sluice', 'tools');
  const env = { JAVA_HOME: join(tools, 'java17'), SLUICE_CONTRACTS: contracts, SLUICE_RULE_SQL: sql, PYTHONDONTWRITEBYTECODE: '1' };
  const code = await run(
    join(tools, 'python', 'bin', 'python'),
    ['-m', 'pytest', '-q', `--junitxml=${report}`, `--basetemp=${join(work, 'pytest')}`],
    env,
    join(ROOT, 'glue-jobs'),
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skips: [] };
  const xml = readFileSync(report, 'utf8');
  const count = (name: string) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const skips = [...xml.matchAll(/<skipped [^>]*message="([^"]*)"/g)].map((match) => match[1] ?? '');
  return { passed: count('tests') - failed - count('skipped'), failed: failed === 0 && code !== 0 ? 1 : failed, skips };
}

/** Runs a tier, lists what was skipped and why, and ends with the line that CI reads. */
export async function runTests({ unit, faults, kills }: TestOptions): Promise<number> {
  const tests = join(ROOT, '.sluice', 'tests');
  mkdirSync(tests, { recursive: true });
  const work = mkdtempSync(join(tests, 'run-'));
  const outcomes: Outcome[] = [];
  try {
    // Downloads have no place inside a test's deadline.
    if (!unit) await run('sh', [join(ROOT, 'localstack', 'install', 'install.sh'), 'trino'], { SLUICE_ROOT: ROOT });
    if (!unit && !faults) await run('sh', [join(ROOT, 'localstack', 'install', 'resolvers.sh')], {});
    if (!unit && !faults) for (const scanner of ['checkov', 'cfn-lint']) await run('sh', [join(ROOT, 'localstack', 'install', 'install.sh'), scanner], { SLUICE_ROOT: ROOT });
    if (unit) {
      outcomes.push(await vitest(['test/unit', 'datasets'], work));
    } else if (faults) {
      if (kills !== undefined) process.env.SLUICE_KILLS = kills;
      outcomes.push(await vitest(['test/faults'], work, ['--no-file-parallelism']));
    } else {
      outcomes.push({ ...runTools(LINTERS), skips: [] });
      outcomes.push(await vitest(['test/unit', 'datasets', 'test/infra'], work));
      outcomes.push(await pytest(work));
      outcomes.push(await vitest(['test/integration'], work, ['--no-file-parallelism']));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const skips = outcomes.flatMap((each) => each.skips);
  const passed = outcomes.reduce((sum, each) => sum + each.passed, 0);
  let failed = outcomes.reduce((sum, each) => sum + each.failed, 0);
  for (const skip of skips) say(`skipped: ${skip}`);
  const forbidden = process.env.CI ? skips.filter((skip) => !skip.includes(MISSING_DATA)) : [];
  for (const skip of forbidden) say(`a skip that CI does not allow: ${skip}`);
  failed += forbidden.length;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? EXIT.ok : EXIT.failed;
}
