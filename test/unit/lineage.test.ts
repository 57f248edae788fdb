import { describe, expect, test } from 'vitest';
import { compileContracts } from '../../contracts/compile.js';
import { type DatasetInput, type DerivedInput, defineDataset } from '../../contracts/dataset.js';
import { type Dataset, isDerived, isFed } from '../../contracts/index.js';
import { downstreamOf } from '../../contracts/lineage.js';
import { breakingChanges, lockOf } from '../../contracts/lock.js';

const field = { type: 'string', description: 'x', example: 'x' } as const;
const common = { version: 1, owner: 'nobody', description: 'x', terms: 'x' } as const;
const periodic = (name: string, reads: string[]): NonNullable<DatasetInput['tables']>[number] => ({
  layer: 'gold',
  name,
  kind: 'periodic',
  writer: 'gold',
  everySeconds: 60,
  description: 'x',
  key: ['id'],
  reads,
  columns: { id: { type: 'string', description: 'x' } },
});
const state = (name: string): NonNullable<DatasetInput['tables']>[number] => {
  const { everySeconds, ...table } = periodic(name, []);
  return { ...table, kind: 'state' };
};
const fed = (name: string, tables: DatasetInput['tables'] = []): Dataset =>
  defineDataset({
    ...common,
    name,
    record: { key: ['id'], fields: { id: field, source: field } },
    sources: [{ kind: 'kafka', name: `${name}_feed`, producer: 'somebody' }],
    topic: { partitions: 1, retentionHours: 1 },
    retentionDays: { bronze: 1 },
    tables,
    canary: { fields: { id: '_canary' } },
    service: { triggerSeconds: 1, freshnessMinutes: { bronze: 1, silver: 1, gold: 1 }, severity: 'notice' },
  });
const derivedInput = (name: string, from: string): DerivedInput => ({
  ...common,
  name,
  derived: { from },
  record: { fields: { product: field, source: field } },
  service: { triggerSeconds: 1, freshnessMinutes: { silver: 1, gold: 1 }, severity: 'notice' },
});
const derived = (name: string, from: string, more: Partial<DerivedInput> = {}): Dataset => defineDataset({ ...derivedInput(name, from), ...more });

describe('a derived dataset', () => {
  const names = derived('names', 'things', { tables: [state('names_now')] });
  test('has Silver, quarantine and its own tables, and neither topic nor Bronze', () => {
    expect([isDerived(names), isFed(names), names.sources, names.topic]).toEqual([true, false, [], undefined]);
    expect(names.tables.map(({ layer, name }) => `${layer}.${name}`)).toEqual(['silver.names', 'quarantine.names', 'gold.names_now']);
  });
  test('has the place of the record that a row was made of, and an ordinal, as its key', () => {
    const [silver, quarantine] = names.tables;
    expect([silver?.key, quarantine?.key]).toEqual([
      ['topic', 'partition', 'offset', 'ordinal'],
      ['topic', 'partition', 'offset', 'ordinal', 'rule'],
    ]);
    expect(Object.keys(silver?.columns ?? {})).toEqual(['product', 'source', 'topic', 'partition', 'offset', 'kafka_timestamp', 'ordinal', 'run_id', 'warnings']);
    expect(quarantine?.columns.value).toEqual({ type: 'string', description: 'The derived row, as JSON' });
  });
  test('says in contracts.json of what its rows are made', () => {
    const compiled = compileContracts([fed('things'), names]);
    expect(compiled.datasets.map(({ topic, derivedFrom, canary }) => [topic?.name, derivedFrom, canary?.source])).toEqual([
      ['things', null, '_canary'],
      [undefined, 'things', undefined],
    ]);
  });
  test.each<[string, Partial<Record<keyof DerivedInput | 'topic' | 'sources', unknown>>, RegExp]>([
    ['a topic', { topic: { partitions: 1, retentionHours: 1 } }, /Unrecognized key: "topic"/],
    ['sources', { sources: [{ kind: 'kafka', name: 'x', producer: 'x' }] }, /Unrecognized key: "sources"/],
    ['a key of its own', { record: { key: ['product'], fields: { product: field, source: field } } }, /record: Unrecognized key: "key"/],
    ['a field that is part of its key', { record: { fields: { ordinal: field, source: field } } }, /record\.fields: "ordinal" is a column that every table has/],
    [
      'personal fields',
      { record: { fields: { product: { ...field, pii: 'hash' }, source: field } } },
      /record\.fields\.product\.pii: .*nothing of a derived dataset goes through it/,
    ],
    ['no field by which canaries are told', { record: { fields: { product: field } } }, /no field "source"/],
    ['a rule on no field', { rules: [{ kind: 'notNull', name: 'r', field: 'nope', action: 'drop' }] }, /rules\.r: no field "nope"/],
  ])('is refused with %s', (_, more, message) => expect(() => derived('names', 'things', more as Partial<DerivedInput>)).toThrow(message));
  test('keeps its parent, as the lock has it', () => {
    const lock = lockOf([fed('things'), fed('others'), names]);
    expect(breakingChanges(lock, [fed('things'), fed('others'), derived('names', 'others', { tables: [state('names_now')] })]).join()).toMatch(
      /names: it was derived from things and is derived from others.*another name/,
    );
    expect(breakingChanges(lock, [fed('things'), fed('others'), fed('names', [state('names_now')])]).join()).toMatch(/was derived from things and is fed by a topic/);
  });
});

describe('between datasets', () => {
  const told = (...datasets: Dataset[]) => {
    try {
      compileContracts(datasets);
      return '';
    } catch (cause) {
      return (cause as Error).message;
    }
  };
  test.each<[string, Dataset[], RegExp]>([
    ['two datasets of one name', [fed('things'), fed('things')], /two datasets are called things: rename one; datasets\/index\.ts lists both/],
    [
      'two sources of one name',
      [fed('things'), { ...fed('others'), sources: fed('things').sources }],
      /source things_feed is declared by dataset things and by dataset others: each has one writer; rename one/,
    ],
    ['a table of the rails', [fed('things', [{ ...state('ledger'), layer: 'ops' }])], /table ops\.ledger is declared by the rails and by dataset things/],
    ['a derivation from nothing', [fed('things'), derived('names', 'nope')], /dataset names: derived from "nope", which is no dataset; known: things, names/],
    ['a derivation from itself', [derived('names', 'names')], /dataset names: derived in a circle: names from names/],
    [
      'a derivation in a circle',
      [derived('a', 'b'), derived('b', 'c'), derived('c', 'a')],
      /dataset a: derived in a circle: a from b from c from a[\s\S]*dataset b: derived in a circle: b from c from a from b/,
    ],
    [
      'a chain that no ordinal holds',
      [fed('a'), derived('b', 'a'), derived('c', 'b'), derived('d', 'c'), derived('e', 'd')],
      /dataset e: 4 derivations in a chain \(e from d from c from b from a\); 3 at most/,
    ],
    ['a dataset that is none', [fed('things', [periodic('counts', ['nope'])])], /dataset things: table gold\.counts reads "nope", which is no dataset/],
    ['a table that is none', [fed('things', [periodic('counts', ['gold.nope'])])], /table gold\.counts reads "gold\.nope", which is no table of a contract/],
    [
      'a table of a later layer',
      [fed('things', [periodic('counts', ['ops.runs_now'])]), fed('others', [{ ...state('runs_now'), layer: 'ops' }])],
      /dataset things: table gold\.counts reads ops\.runs_now, a table of a later layer: bronze < silver < quarantine < gold < ops/,
    ],
    ['bytes', [fed('things', [periodic('counts', ['bronze.things'])])], /table gold\.counts reads bronze\.things: rows are read where they are typed and checked/],
    ['a table that reads itself', [fed('things', [periodic('counts', ['gold.counts'])])], /table gold\.counts is computed from itself: gold\.counts from gold\.counts/],
    [
      'tables in a circle',
      [fed('things', [periodic('a', ['gold.b']), periodic('b', ['gold.c'])]), fed('others', [periodic('c', ['gold.a'])])],
      /dataset things: table gold\.a is computed from itself: gold\.a from gold\.b from gold\.c from gold\.a/,
    ],
  ])('%s is refused, with its place', (_, datasets, message) => expect(told(...datasets)).toMatch(message));

  test('Gold may read Gold, another family’s too, and ops reads Gold', () =>
    expect(
      told(fed('things', [state('now'), periodic('counts', ['gold.now', 'others', 'silver.others'])]), fed('others', [{ ...periodic('all', ['gold.counts']), layer: 'ops' }])),
    ).toBe(''));
});

describe('what is computed from a table', () => {
  const lake = [
    fed('things', [periodic('summary', ['gold.by_name']), state('now')]),
    derived('names', 'things', { tables: [periodic('by_name', ['gold.now'])] }),
    derived('letters', 'names'),
    fed('others', [periodic('beside', ['names'])]),
  ];
  test('comes after all that it is computed from, whatever the order of the contracts', () => {
    const order = downstreamOf('silver.things', lake);
    expect([...order].sort()).toEqual(['gold.beside', 'gold.by_name', 'gold.now', 'gold.summary', 'silver.letters', 'silver.names']);
    const comesFirst = (a: string, b: string) => expect(order.indexOf(a)).toBeLessThan(order.indexOf(b));
    comesFirst('silver.names', 'silver.letters');
    comesFirst('silver.names', 'gold.by_name');
    comesFirst('gold.now', 'gold.by_name');
    comesFirst('gold.by_name', 'gold.summary');
    comesFirst('silver.names', 'gold.beside');
  });
  test('is found from Gold on, and is nothing where nobody reads it', () => {
    expect(downstreamOf('gold.now', lake)).toEqual(['gold.by_name', 'gold.summary']);
    expect(downstreamOf('silver.letters', lake)).toEqual([]);
    expect(downstreamOf('silver.others', lake)).toEqual(['gold.beside']);
  });
});
