import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Affected, affectedBy } from '../../bin/commands/develop/test/affected.js';
import { changedFiles } from '../../bin/commands/develop/test/changed-files.js';
import { lanesOf, runParts } from '../../bin/commands/develop/test/lanes.js';
import { LeftBehind } from '../../bin/commands/develop/test/left-behind.js';
import { NOTHING, slowest, sum } from '../../bin/commands/develop/test/outcome.js';
import { type Part, Parts } from '../../bin/commands/develop/test/parts.js';
import { planOf, repository, type TestOptions } from '../../bin/commands/develop/test/plan.js';
import { ofPytest, ofVitest } from '../../bin/commands/develop/test/reports.js';
import { sluiceProgram } from '../../bin/commands/program.js';
import { wordsOf } from '../support/command-line.js';

const work = mkdtempSync(join(tmpdir(), 'test-command-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('what a change can affect', () => {
  const known = {
    readers: ['test/unit/repository.test.ts'],
    pythonTests: ['tests/test_silver.py', 'tests/datasets/test_operations.py', 'tests/datasets/harmful_domains/test_names.py'],
  };
  const whole: Affected = { lint: true, related: null, infra: true, pytest: null, integration: true };

  test.each<[what: string, files: string[], affected: Partial<Affected>]>([
    ['nothing', [], { lint: false, related: [], infra: false, pytest: [], integration: false }],
    ['packages', ['package-lock.json'], whole],
    ['what is installed', ['localstack/install/ivy.xml'], whole],
    ['a unit test', ['test/unit/why.test.ts'], { lint: true, related: ['test/unit/repository.test.ts', 'test/unit/why.test.ts'], infra: false, pytest: [], integration: false }],
    ['a page', ['docs/backup.md'], { lint: false, related: ['test/unit/repository.test.ts'], infra: false, pytest: [], integration: false }],
    ['a file that no program imports', ['datasets/x/sample.json'], { related: null, infra: true, pytest: [], integration: true }],
    ['a command', ['bin/commands/start/up.ts'], { lint: true, related: ['bin/commands/start/up.ts', 'test/unit/repository.test.ts'], infra: false, pytest: [], integration: true }],
    ['a function', ['lambdas/flow/steps.ts'], { infra: true, pytest: [], integration: true }],
    ['a stack', ['lib/stages.ts'], { infra: true, pytest: [], integration: true }],
    ['a contract', ['datasets/operations/contract.ts'], { infra: true, pytest: null, integration: true }],
    ['the vectors of rules', ['contracts/rule-vectors.json'], { pytest: null }],
    ['the rails of Spark', ['glue-jobs/medallion/tables.py'], { lint: true, infra: true, pytest: null, integration: true }],
    ['a module of a dataset', ['glue-jobs/datasets/operations.py'], { infra: true, pytest: ['tests/datasets/test_operations.py'], integration: true }],
    ['a module of a dataset in a folder', ['glue-jobs/datasets/harmful_domains/names.py'], { pytest: ['tests/datasets/harmful_domains/test_names.py'] }],
    ['a Python test', ['glue-jobs/tests/test_silver.py'], { lint: true, infra: false, pytest: ['tests/test_silver.py'], integration: false }],
    ['what Python tests share', ['glue-jobs/tests/conftest.py'], { infra: false, pytest: null, integration: false }],
    ['a test of templates', ['test/infra/cost.test.ts'], { infra: true, pytest: [], integration: false }],
    ['a test of the lake', ['test/integration/lake.test.ts'], { infra: false, pytest: [], integration: true }],
  ])('%s', (_, files, affected) => {
    expect(affectedBy(files, known)).toMatchObject(affected);
  });

  test('the repository has tests that read its own files, and Python tests of each kind', () => {
    const { readers, pythonTests } = repository();
    expect(readers).toContain('test/unit/commands.test.ts');
    expect(readers).not.toContain('test/unit/why.test.ts');
    expect(pythonTests).toContain('tests/test_silver.py');
    expect(pythonTests).not.toContain('tests/conftest.py');
  });
});

describe('files that differ', () => {
  const repo = join(work, 'repo');
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...args], { cwd: repo, stdio: 'pipe' });

  beforeAll(() => {
    mkdirSync(repo);
    git('init', '-q', '-b', 'main');
    for (const name of ['kept.ts', 'changed.ts', 'gone.ts', 'committed.ts']) writeFileSync(join(repo, name), 'one\n');
    writeFileSync(join(repo, '.gitignore'), 'ignored.ts\n');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('checkout', '-qb', 'branch');
    writeFileSync(join(repo, 'committed.ts'), 'two\n');
    git('commit', '-qam', 'two');
    writeFileSync(join(repo, 'changed.ts'), 'two\n');
    rmSync(join(repo, 'gone.ts'));
    for (const name of ['new file.ts', 'ignored.ts']) writeFileSync(join(repo, name), 'new\n');
  });

  test('from the last commit: changed, new and gone, not what git ignores', () => {
    expect(changedFiles('HEAD', repo)).toEqual(['changed.ts', 'gone.ts', 'new file.ts']);
  });

  test('from where the branch left another: what it has committed, too', () => {
    expect(changedFiles('main', repo)).toEqual(['changed.ts', 'committed.ts', 'gone.ts', 'new file.ts']);
  });

  test.each(['nowhere', '--help'])('from %s: a precise error', (since) => {
    expect(() => changedFiles(since, repo)).toThrow(`--changed ${since}: git knows no such commit here`);
  });
});

describe('what runs', () => {
  const parts = new Parts({ work, temporaryFolder: work, workers: 1 });
  const namesOf = (options: TestOptions) => {
    const { light, lakes, templates } = planOf(options, parts, () => undefined);
    return [light, lakes, templates].map((some) => some.map(({ name }) => name));
  };

  test.each<[TestOptions, string[], string[], string[]]>([
    [{}, ['pytest', 'lint', 'unit'], ['one lake', 'integration'], ['infra 1 of 3', 'infra 2 of 3', 'infra 3 of 3']],
    [{ unit: true }, ['unit'], [], []],
    [{ faults: true }, [], ['faults'], []],
    [{ dataset: 'vulnerabilities' }, ['pytest', 'lint', 'unit'], [], []],
  ])('by %j', (options, ...planned) => {
    expect(namesOf(options)).toEqual(planned);
  });

  test.each([
    'test --faults --unit',
    'test --dataset vulnerabilities --unit',
    'test --dataset none',
    'test --faults --changed',
    'test --kills 3',
    'test --faults --kills none',
    'test --unit --kills 3',
  ])('%s is a misuse', async (line) => {
    const program = await sluiceProgram();
    await expect(program.parseAsync(wordsOf(line), { from: 'user' })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('parts side by side', () => {
  const texts = (written: Uint8Array[]) => written.map((chunk) => Buffer.from(chunk).toString('utf8'));
  /** Parts that end when they are told to. */
  const held = (name: string) => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const part: Part = {
      name,
      run: async (write) => {
        write(Buffer.from(`${name} begins`));
        await ended;
        write(Buffer.from(`${name} ends`));
        return { ...NOTHING, passed: name.length };
      },
    };
    return { part, end };
  };

  test('two lanes begin two parts, and show the output of each whole, as it ends', async () => {
    const [one, two, three] = [held('one'), held('two'), held('three')];
    const written: Uint8Array[] = [];
    const said: string[] = [];
    const run = runParts([one.part, two.part, three.part], 2, { write: (chunk) => written.push(chunk), say: (message) => said.push(message), now: () => 0 });
    expect(said).toEqual(['one ...', 'two ...']);
    two.end();
    three.end();
    await expect.poll(() => said).toContain('three: 5 passed, 0 failed (0 s)');
    one.end();
    expect((await run).map(({ passed }) => passed)).toEqual([3, 3, 5]);
    expect(texts(written)).toEqual(['two begins', 'two ends', 'three begins', 'three ends', 'one begins', 'one ends']);
  });

  test('one lane runs one after the other, and shows output as it comes', async () => {
    const [one, two] = [held('one'), held('two')];
    const written: Uint8Array[] = [];
    const run = runParts([one.part, two.part], 1, { write: (chunk) => written.push(chunk), say: () => undefined, now: () => 0 });
    expect(texts(written)).toEqual(['one begins']);
    one.end();
    two.end();
    await run;
    expect(texts(written)).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  test.each([
    [1, 32e9, 1, 1],
    [2, 4e9, 1, 1],
    [2, 8e9, 2, 1],
    [2, 24e9, 2, 2],
    [64, 256e9, 2, 2],
  ])('%d cores and %d bytes have %d lanes, for lakes %d', (cores, memory, lanes, lakes) => {
    expect([false, true].map((withLakes) => lanesOf({ cores, memory }, withLakes))).toEqual([lanes, lakes]);
  });
});

describe('reports', () => {
  const file = (name: string, given: object) => ({ name: `/root/test/${name}`, status: 'passed', startTime: 0, endTime: 0, assertionResults: [], ...given });

  test('of vitest: counts, skips, a file that could not be loaded, times, and what a file takes beside its tests', () => {
    const report = {
      numPassedTests: 2,
      numFailedTests: 1,
      testResults: [
        file('lake.test.ts', {
          status: 'failed',
          startTime: 1_000,
          endTime: 61_000,
          assertionResults: [
            { status: 'passed', fullName: 'starts', duration: 5_000 },
            { status: 'failed', fullName: 'stops', duration: 1_000 },
            { status: 'skipped', fullName: 'waits' },
          ],
        }),
        file('broken.test.ts', { status: 'failed' }),
        file('quick.test.ts', { startTime: 0, endTime: 500, assertionResults: [{ status: 'passed', fullName: 'is quick', duration: 1 }] }),
      ],
    };

    expect(ofVitest(JSON.stringify(report), '/root')).toEqual({
      passed: 2,
      failed: 2,
      skips: ['waits'],
      timings: [
        { name: 'test/lake.test.ts: starts', ms: 5_000 },
        { name: 'test/lake.test.ts: stops', ms: 1_000 },
        { name: 'test/lake.test.ts: waits', ms: 0 },
        { name: 'test/lake.test.ts: beside its tests', ms: 54_000 },
        { name: 'test/quick.test.ts: is quick', ms: 1 },
      ],
    });
  });

  const xml = `<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5" time="9.9">
<testcase classname="tests.test_silver" name="test_one[a &lt; b]" time="1.500" /><testcase classname="tests.test_silver" name="test_two" time="0.250"><skipped type="pytest.skip" message="../shared/data is missing">x</skipped></testcase>
</testsuite></testsuites>`;

  test('of pytest: counts, why one was skipped, times', () => {
    expect(ofPytest(xml, 1)).toEqual({
      passed: 2,
      failed: 2,
      skips: ['../shared/data is missing'],
      timings: [
        { name: 'tests/test_silver.py: test_one[a < b]', ms: 1_500 },
        { name: 'tests/test_silver.py: test_two', ms: 250 },
      ],
    });
  });

  test('of a pytest that ended badly with no failure of a test: one', () => {
    expect(ofPytest(xml.replace('errors="1" failures="1"', 'errors="0" failures="0"'), 3)).toMatchObject({ passed: 4, failed: 1 });
  });

  test('the slowest ten, the slowest first', () => {
    const timings = Array.from({ length: 12 }, (_, i) => ({ name: `test ${i}`, ms: i * 1_000 }));
    const lines = slowest(timings);
    expect(lines).toHaveLength(10);
    expect([lines[0], lines[9]]).toEqual(['   11.0 s  test 11', '    2.0 s  test 2']);
    expect(
      sum([
        { ...NOTHING, passed: 1, timings },
        { ...NOTHING, failed: 2, skips: ['s'] },
      ]),
    ).toEqual({ passed: 1, failed: 2, skips: ['s'], timings });
  });
});

describe('what a run leaves behind', () => {
  test('is told: temporary files but caches, and homes of lakes that were not there before', () => {
    const [tests, run] = [join(work, 'tests'), join(work, 'tests', 'run-1')];
    mkdirSync(join(tests, 'lake of another run'), { recursive: true });
    const leftBehind = new LeftBehind(tests);
    for (const folder of ['tmp/cdk.outABC', 'tmp/tsx-0', 'tmp/node-compile-cache']) mkdirSync(join(run, folder), { recursive: true });
    mkdirSync(join(tests, 'lake with space-1'));

    expect(leftBehind.find(join(run, 'tmp'), run)).toEqual([join(run, 'tmp', 'cdk.outABC'), join(tests, 'lake with space-1')]);
  });

  test('is nothing where all was removed, and then the folder of the homes goes, too', () => {
    const tests = join(work, 'no homes');
    const leftBehind = new LeftBehind(tests);
    mkdirSync(join(tests, 'run-1', 'tmp'), { recursive: true });
    expect(leftBehind.find(join(tests, 'run-1', 'tmp'), join(tests, 'run-1'))).toEqual([]);
    rmSync(join(tests, 'run-1'), { recursive: true });
    leftBehind.removeEmpty();
    expect(existsSync(tests)).toBe(false);
  });
});
