import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kindsIn } from '../../bin/commands/develop/new/template.js';
import { datasets } from '../../datasets/index.js';
import { ROOT } from '../../localstack/paths.js';
import { cleanClone } from '../support/readme.js';

const MINUTES = 60_000;
const TOOLS = join(ROOT, '.sluice', 'tools');
const kinds = kindsIn(ROOT);
const nameOf = (kind: string) => `trial_${kind}`;
const [parent] = datasets;

let clone: string;
const run = (command: string, args: readonly string[], env: Record<string, string> = {}, folder = clone) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SLUICE_RUN_FOLDER: join(clone, 'kept'), NO_COLOR: '1', ...env },
  });
  return { status, said: `${stdout}${stderr}` };
};
const passes = (result: ReturnType<typeof run>) => expect(result.status, result.said).toBe(0);

/** What the whole repository is, but for what is installed. */
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'));
  cleanClone(clone);
  // Linked, not installed: what the commands below need is there already.
  for (const [target, link] of [
    [join(ROOT, '.sluice'), '.sluice'],
    [join(TOOLS, 'node_modules'), 'node_modules'],
  ] as const)
    symlinkSync(target, join(clone, link));
  // The formatter asks git what is ignored.
  execFileSync('git', ['init', '-q'], { cwd: clone });
}, MINUTES);
afterAll(() => rmSync(clone, { recursive: true, force: true }));

describe('./sluice new dataset, in a copy of the repository', () => {
  test('makes a dataset of each kind, beside each other', { timeout: 5 * MINUTES }, () => {
    for (const kind of kinds) passes(run(join(clone, 'sluice'), ['new', 'dataset', nameOf(kind), '--kind', kind, ...(kind === 'derived' ? ['--from', parent?.name ?? ''] : [])]));
    expect(run(join(clone, 'sluice'), ['new', 'dataset', nameOf('list'), '--kind', 'list'])).toMatchObject({
      status: 2,
      said: expect.stringContaining(`"${nameOf('list')}" is taken: a dataset has it`),
    });
  });

  test('their types and their style are right, and nothing is left to be made anew', { timeout: 5 * MINUTES }, () => {
    passes(run(join(clone, 'sluice'), ['lint']));
  });

  test('their tests pass, and those of contracts and house', { timeout: 5 * MINUTES }, () => {
    passes(
      run(process.execPath, [
        join(TOOLS, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        ...kinds.map((kind) => `datasets/${nameOf(kind)}`),
        'test/unit/contracts.test.ts',
        'test/unit/house.test.ts',
      ]),
    );
  });

  test('their Spark code gives what their contracts ask for, and its tests pass', { timeout: 10 * MINUTES }, () => {
    const [contracts, sql] = [join(clone, 'contracts.json'), join(clone, 'rule-sql.json')];
    const script =
      "import { contractsJson, ruleVectorSql } from './bin/contracts-json.js'; import { writeFileSync } from 'node:fs'; writeFileSync(process.env.TO_CONTRACTS, contractsJson()); writeFileSync(process.env.TO_SQL, ruleVectorSql());";
    writeFileSync(join(clone, 'compile.ts'), script);
    passes(run(process.execPath, ['--import', join(TOOLS, 'node_modules', 'tsx', 'dist', 'loader.mjs'), 'compile.ts'], { TO_CONTRACTS: contracts, TO_SQL: sql }));
    const tests = ['tests/test_modules.py', 'tests/test_fits.py', ...kinds.map((kind) => `tests/datasets/test_${nameOf(kind)}.py`)];
    const env = { JAVA_HOME: join(TOOLS, 'java17'), SLUICE_CONTRACTS: contracts, SLUICE_RULE_SQL: sql, PYTHONDONTWRITEBYTECODE: '1' };
    passes(run(join(TOOLS, 'python', 'bin', 'python'), ['-m', 'pytest', '-q', `--basetemp=${join(clone, 'pytest')}`, ...tests], env, join(clone, 'glue-jobs')));
  });
});
