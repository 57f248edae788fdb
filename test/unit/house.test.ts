import { describe, expect, test } from 'vitest';
import { datasets } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { filesOf } from '../support/house/files.js';
import { circles, type Import, importsOf } from '../support/house/imports.js';
import { namingIn, namingInPython } from '../support/house/named.js';

const ROOMS = ['contracts', 'datasets', 'lambdas', 'lib', 'bin', 'localstack'] as const;
/** Datasets in which the rails tell of themselves: imported as values, and named by no text either. */
const RAILS = [sourceChecks, operations];

const code = filesOf(ROOMS, '.ts').filter(({ path }) => !path.endsWith('.test.ts'));
const python = filesOf(['glue-jobs/medallion'], '.py');
const imports = code.flatMap(importsOf);
const roomOf = (path: string): string => path.split('/')[0] ?? '';
const arrow = ({ from, to }: Import): string => `${from} -> ${to}`;

/** Where a file is at home: the dataset whose folder, or whose group of commands, it is in. */
const homeOf = (path: string): string | undefined => /^(?:datasets|bin\/commands)\/([a-z0-9_]+)\//.exec(path)?.[1];
const abroad = (path: string) => datasets.filter(({ name }) => name !== homeOf(path));

describe('what a room may know of others', () => {
  /** By room: those that it imports. `bin` may know all. */
  const MAY: Readonly<Record<string, readonly string[]>> = {
    contracts: ['contracts'],
    datasets: ['contracts', 'datasets'],
    lambdas: ['contracts', 'datasets', 'lambdas'],
    lib: ['contracts', 'datasets', 'lambdas', 'lib'],
    localstack: ['contracts', 'datasets', 'lambdas', 'lib', 'localstack'],
  };
  test.each(Object.entries(MAY))('%s imports of ours %j and nothing beside', (room, may) => {
    const own = imports.filter(({ from, ours }) => ours && roomOf(from) === room);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter(({ to }) => !may.includes(roomOf(to))).map(arrow)).toEqual([]);
  });

  test('contracts import zod and Node, and no other package', () => {
    const packages = imports.filter(({ from, ours }) => !ours && roomOf(from) === 'contracts').map(({ to }) => to);
    expect([...new Set(packages)].filter((name) => name !== 'zod' && !name.startsWith('node:'))).toEqual([]);
  });

  test('a dataset imports no other one, and others import none but by the indices: the rails’ own are the exception', () => {
    const INDICES = ['datasets/index.ts', 'datasets/readers.ts', 'datasets/recordings.ts'];
    const rails = RAILS.map(({ name }) => name);
    const foreign = imports.filter(({ from, to, ours }) => {
      const [room, owner = ''] = to.split('/');
      if (!ours || room !== 'datasets' || !datasets.some(({ name }) => name === owner)) return false;
      return homeOf(from) !== owner && !rails.includes(owner) && !INDICES.includes(from) && !isDemonstration(from);
    });
    expect(foreign.map(arrow)).toEqual([]);
  });

  test('no files need each other to be loaded: no circle', () => expect(circles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]));
});

/** May speak of the datasets that it shows. */
const isDemonstration = (path: string): boolean => /^bin\/commands\/.*\bdemo\.ts$/.test(path);
/** That list the datasets; and a contract says which other ones its tables read. */
const isDeclaration = (path: string): boolean => /^datasets\/([a-z-]+|[a-z0-9_]+\/contract)\.ts$/.test(path);

describe('a dataset is named in its own folders, and nowhere else', () => {
  /** Files that name one all the same, and why. An entry that names none fails. */
  const KNOWN: Readonly<Record<string, string>> = {
    'glue-jobs/medallion/driver.py': 'the topic of the rails’ own records: Python reads contracts.json alone, which does not say which it is',
  };
  test('in code, help and demonstration left out', () => {
    const named = [
      ...code
        .filter(({ path }) => !isDeclaration(path) && !isDemonstration(path))
        .flatMap((file) => namingIn(file, abroad(file.path), RAILS).map((place) => [file.path, place] as const)),
      ...python.flatMap((file) => namingInPython(file, datasets).map((place) => [file.path, place] as const)),
    ];
    expect(named.filter(([path]) => KNOWN[path] === undefined).map((each) => each.join(':'))).toEqual([]);
    expect(Object.keys(KNOWN).filter((path) => !named.some(([each]) => each === path))).toEqual([]);
  });
});

/** Of the look itself: what it would find. */
describe('the look at names finds', () => {
  const dataset = { name: 'bad_things', tables: [{ name: 'thing_daily' }] } as unknown as (typeof datasets)[number];
  const plain = { name: 'deeds', tables: [{ name: 'runs' }] } as unknown as (typeof datasets)[number];
  const named = (text: string, of = [dataset, plain]) => namingIn({ path: 'x.ts', text }, of);
  test.each([
    ['a literal', "find('bad_things');"],
    ['a table in SQL', `sql(\`SELECT * FROM gold.thing_daily WHERE \${of}\`);`],
    ['the end of a template', `sql(\`\${all} FROM silver.bad_things\`);`],
    ['a value', 'use(badThings);'],
    ['a property', 'each.bad_things;'],
    ['a default', "command.option('--dataset <name>', 'the dataset', 'bad_things');"],
    ['a plain word for a dataset', "find('deeds');"],
    ['a plain word for a table, behind its layer', "sql('SELECT * FROM ops.runs');"],
  ])('%s', (_, text) => expect(named(text)).toHaveLength(1));
  test.each([
    ['a comment', '// of bad_things\nfind(name); /* bad_things */'],
    ['help', "newCommand('x', 'of bad_things', ['./sluice x bad_things']).option('--dataset <name>', 'for example bad_things');"],
    ['a longer name', "find('very_bad_things', bad_things_too);"],
    ['a plain word of English', "list('runs', deeds, runs);"],
  ])('and passes over %s', (_, text) => expect(named(text)).toEqual([]));
  test('in Python too, and passes over its documentation', () => {
    const text = '"""Of bad_things."""\n\nTOPIC = "deeds"  # bad_things\nruns = deeds\nread("ops.runs", bad_things)\n';
    expect(namingInPython({ path: 'x.py', text }, [dataset, plain])).toEqual(['3: TOPIC = "deeds"', '5: read("ops.runs", bad_things)']);
  });
});

describe('the look at circles', () => {
  const of = (...arrows: string[]): Import[] => arrows.map((each) => ({ from: each[0] ?? '', to: each[1] ?? '', ours: true, typeOnly: false }));
  test('finds each once, short and long ones, and none in a diamond', () => {
    expect(circles(of('ab', 'ac', 'bd', 'cd'))).toEqual([]);
    expect(circles(of('ab', 'bc', 'ca', 'de', 'ed', 'ff', 'af'))).toEqual([['f'], ['a', 'b', 'c'], ['d', 'e']]);
  });
  test('knows a type from a value', () => {
    const text = "import type { A } from './a.js';\nimport { type B } from './b.js';\nimport { type C, d } from './c.js';\nexport * from './e.js';\nawait import('./f.js');\n";
    expect(importsOf({ path: 'lib/x.ts', text }).map(({ to, typeOnly }) => [to, typeOnly])).toEqual([
      ['lib/a.js', true],
      ['lib/b.js', true],
      ['lib/c.js', false],
      ['lib/e.js', false],
      ['lib/f.js', false],
    ]);
  });
});

test('files stay small: none but data are over 300 lines', () => {
  const DATA = ['datasets/harmful_domains/sources.ts'];
  /** Too long so far; an entry that is no longer fails. */
  const KNOWN: readonly string[] = [];
  const all = [...filesOf([...ROOMS, 'test', 'bench'], '.ts'), ...filesOf(['glue-jobs'], '.py')];
  const long = all.filter(({ text }) => text.split('\n').length - 1 > 300).map(({ path }) => path);
  expect(long.filter((path) => !DATA.includes(path) && !KNOWN.includes(path))).toEqual([]);
  expect([...DATA, ...KNOWN].filter((path) => !long.includes(path))).toEqual([]);
});
