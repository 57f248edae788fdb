import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedFiles } from '../../bin/generated.js';
import { compileContracts } from '../../contracts/compile.js';
import { type DatasetInput, defineDataset } from '../../contracts/dataset.js';
import { CANARY_SOURCE, canaryRecord, isFed } from '../../contracts/index.js';
import { assertEvolution, assertOneWriter, breakingChanges, lockOf, missingVersionBumps } from '../../contracts/lock.js';
import { protectPersonal } from '../../contracts/personal.js';
import { breaks, type Rule } from '../../contracts/rules.js';
import { qualifyDatabases } from '../../contracts/sql.js';
import { isColumnType } from '../../contracts/types.js';
import { datasets, findSource } from '../../datasets/index.js';
import { LAYOUTS } from '../../lib/medallion/layouts.js';
import { ROOT } from '../../localstack/paths.js';

/** A dataset that uses every part of a contract, those first needed later included. */
const full: DatasetInput = {
  name: 'visits',
  version: 1,
  owner: 'team',
  description: 'Visits.',
  terms: 'ours',
  record: {
    key: ['id', 'source', 'sequence'],
    order: ['at'],
    content: ['note'],
    fields: {
      event: { type: 'string', description: 'what became of it', example: 'added' },
      sequence: { type: 'bigint', description: 'snapshot', example: 1 },
      observed_at: { type: 'timestamp', description: 'when fetched', example: '2026-01-01T00:00:00Z' },
      id: { type: 'string', description: 'id', example: 'x' },
      source: { type: 'string', description: 'who tells', example: 'web' },
      at: { type: 'timestamp', description: 'when', example: '2026-01-01T00:00:00Z' },
      address: { type: 'string', description: 'client', example: '203.0.113.7', pii: 'truncate' },
      visitor: { type: 'string', description: 'who', example: 'ann', pii: 'hash' },
      note: { type: 'string', description: 'free text', example: 'x', pii: 'drop' },
      size: { type: 'bigint', description: 'length', unit: 'bytes', example: 1 },
    },
  },
  sources: [
    {
      kind: 'list',
      name: 'web',
      url: 'https://example.com/v',
      format: 'hosts',
      category: 'c',
      cadence: { minutes: 5 },
      reliability: 1,
      licence: 'MIT',
      homepage: 'https://example.com',
      bounds: { minEntries: 0, maxBytes: 1, maxShrink: 1 },
    },
    { kind: 'operator', name: 'others', category: 'own', format: 'allow_deny_json' },
  ],
  topic: { partitions: 1, retentionHours: 1 },
  retentionDays: { bronze: 1, silver: 30 },
  tables: (['state', 'periodic'] as const).map((kind) => ({
    layer: 'gold' as const,
    name: `visits_${kind}`,
    kind,
    description: kind,
    key: ['id'],
    writer: 'gold' as const,
    ...(kind === 'periodic' ? { everySeconds: 60 } : {}),
    retentionDays: 30,
    columns: { id: { type: 'string', description: 'id' }, kafka_timestamp: { type: 'timestamp', description: 'newest record' } },
  })),
  canary: { fields: { id: '_canary' } },
  service: { triggerSeconds: 10, freshnessMinutes: { bronze: 1, silver: 2, gold: 3 }, severity: 'page' },
};
const without = (change: (input: DatasetInput) => DatasetInput) => () => defineDataset(change(structuredClone(full)));

describe('the canary', () => {
  test.each(datasets.filter(isFed).map((dataset) => [dataset.name, dataset] as const))('of %s keeps every rule, has a whole key, and another the next minute', (_, dataset) => {
    const at = new Date('2026-11-26T12:00:00Z');
    const record = canaryRecord(dataset, at, 'run-1');
    expect(record.source).toBe(CANARY_SOURCE);
    expect(Object.keys(record).sort()).toEqual(Object.keys(dataset.record.fields).sort());
    expect(dataset.rules.filter((rule) => breaks(rule, record, at.getTime())).map(({ name }) => name)).toEqual([]);
    const keyOf = (of: Record<string, unknown>) => JSON.stringify(dataset.record.key.map((field) => of[field]));
    expect(keyOf(record)).not.toContain('null');
    expect(keyOf(canaryRecord(dataset, new Date(at.getTime() + 1), 'run-2'))).not.toBe(keyOf(record));
  });

  test('needs a field that tells it from records', () => {
    const { source, ...fields } = full.record.fields;
    expect(source).toBeDefined();
    expect(() => defineDataset({ ...full, record: { ...full.record, fields } })).toThrow(/no field "source", by which canaries/);
  });
});

describe('a contract', () => {
  test('may have several sources of several kinds, and tables of every kind', () => {
    const dataset = defineDataset(full);
    expect(dataset.sources.map(({ kind }) => kind)).toEqual(['list', 'operator']);
    expect(dataset.tables.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual(['bronze fact', 'silver fact', 'quarantine fact', 'gold state', 'gold periodic']);
  });

  test.each<[string, (input: DatasetInput) => DatasetInput, RegExp]>([
    [
      'a column type that neither Spark nor Glue knows',
      (i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, id: { type: 'varchar', description: 'x', example: 'x' } } } }),
      /record\.fields\.id\.type: unknown column type "varchar"/,
    ],
    ['a key without a field', (i) => ({ ...i, record: { ...i.record, key: ['nope'] } }), /record\.key: no field "nope"/],
    ['a key that is dropped as personal', (i) => ({ ...i, record: { ...i.record, key: ['note'] } }), /"note" is dropped as personal/],
    ['content that is no field', (i) => ({ ...i, record: { ...i.record, content: ['nope'] } }), /record\.content: no field "nope"/],
    ['content that is of the key', (i) => ({ ...i, record: { ...i.record, content: ['id'] } }), /record\.content: "id" is of the key/],
    [
      'a list whose records say not what became of them',
      (i) => ({ ...i, record: { ...i.record, fields: Object.fromEntries(Object.entries(i.record.fields).filter(([name]) => name !== 'event')) } }),
      /record\.fields: no field "event", which records of source "web" have: its kind list is published by difference/,
    ],
    ['records of two snapshots that are one', (i) => ({ ...i, record: { ...i.record, key: ['id', 'source'] } }), /record\.key: "sequence" is missing/],
    [
      'a kind of source that there is not',
      (i) => ({ ...i, sources: [{ kind: 'landing', name: 'files', prefix: 'x/' }] as never }),
      /sources\.0.*no kind of source: "landing"; there are list, document, operator and kafka/,
    ],
    ['a rule on no field', (i) => ({ ...i, rules: [{ kind: 'notNull', name: 'r', field: 'nope', action: 'drop' }] }), /rules\.r: no field "nope"/],
    [
      'a pattern that is no regular expression',
      (i) => ({ ...i, rules: [{ kind: 'matches', name: 'r', field: 'id', action: 'drop', pattern: '(' }] }),
      /rules\.r: pattern is not a regular expression/,
    ],
    [
      'an http source without TLS',
      (i) => ({ ...i, sources: [{ ...(i.sources[0] as never as object), url: 'http://example.com' } as never] }),
      /sources\.0\.url: a source URL is https/,
    ],
    ['two sources of one name', (i) => ({ ...i, sources: [i.sources[1], { ...(i.sources[1] as object) }] as never }), /"others" is declared twice/],
    ['a Gold table that outlives its Silver', (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), retentionDays: 31 } as never] }), /keeps rows longer than Silver's 30 days/],
    [
      'a periodic table that does not say how often',
      (i) => ({ ...i, tables: [{ ...(i.tables?.[1] as object), everySeconds: undefined } as never] }),
      /a periodic table, and no other/,
    ],
    ['a name that is no identifier', (i) => ({ ...i, name: 'page-views' }), /name: use snake_case: a-z, 0-9 and _/],
    ['a dataset named as SQL reserves it', (i) => ({ ...i, name: 'order' }), /name: "order" is a reserved word of SQL \(trino\)/],
    [
      'a field named as SQL reserves it',
      (i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, semi: { type: 'string', description: 'x', example: 'x' } } } }),
      /record\.fields\.semi: "semi" is a reserved word of SQL \(spark\)/,
    ],
    ['a table named as SQL reserves it', (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), name: 'table' } as never] }), /tables\.0\.name: "table" is a reserved word/],
    [
      'a field that is a column of every table',
      (i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, topic: { type: 'string', description: 'x', example: 'x' } } } }),
      /record\.fields: "topic" is a column that every table has/,
    ],
    [
      'a table per tenant',
      (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), kind: 'template' } as never] }),
      /tables\.0\.kind: kind "template" of a table is not built: there are state/,
    ],
    ['a Gold table of facts', (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), kind: 'fact' } as never] }), /tables\.0\.kind: kind "fact" of a table is not built/],
    [
      'a table in a layer of the rails',
      (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), layer: 'silver' } as never] }),
      /tables\.0\.layer: layer "silver" is not made by a contract/,
    ],
    [
      'a writer that computes nothing',
      (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), writer: 'analytics' } as never] }),
      /tables\.0\.writer: writer "analytics" computes no tables/,
    ],
    [
      'a state table that reads another',
      (i) => ({ ...i, tables: [{ ...(i.tables?.[0] as object), reads: ['others'] } as never] }),
      /tables\.0\.reads: a state table is folded from its own Silver alone/,
    ],
    [
      'personal fields that nobody treats',
      (i) => ({ ...i, sources: [{ kind: 'kafka', name: 'shop', producer: 'the shop' }] }),
      /record\.fields\.address\.pii: nobody applies it to what source shop brings/,
    ],
    [
      'a state table whose canary would stand for a real thing',
      (i) => ({ ...i, canary: { fields: {} } }),
      /tables\.gold\.visits_state: a canary would stand for a real thing: no column of its key \(id\)/,
    ],
    ['a canary that looks as a record does', (i) => ({ ...i, canary: { fields: { id: 'x' } } }), /tables\.gold\.visits_state: a canary would stand for a real thing/],
    [
      'rows that would be let go by a time that they have not',
      (i) => ({ ...i, tables: i.tables?.map((table) => ({ ...table, columns: { id: { type: 'string', description: 'id' } } })) as never }),
      /tables\.gold\.visits_state: retentionDays goes by the column kafka_timestamp/,
    ],
    ['a word that no contract has', (i) => ({ ...i, colour: 'red' }) as never, /Unrecognized key: "colour": what there is, docs\/adding-a-dataset\.md names/],
    ['a word that is missing', (i) => ({ ...i, canary: undefined }) as never, /canary: is missing/],
    ...(
      [
        ['bigint', 'one', /"one" is no bigint/],
        ['int', 1.5, /1\.5 is no int/],
        ['boolean', 'no', /"no" is no boolean/],
        ['date', 1, /1 is no date/],
        ['array<string>', 'x', /"x" is no array<string>/],
        ['string', undefined, /an example of the field/],
      ] as const
    ).map(([type, example, message]): [string, (i: DatasetInput) => DatasetInput, RegExp] => [
      `the example ${example} of a ${type}`,
      (i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, size: { type, description: 'x', example: example as never } } } }),
      new RegExp(`record\\.fields\\.size\\.example: ${message.source}`),
    ]),
  ])('is refused, with its place, for %s', (_what, change, message) => expect(without(change)).toThrow(message));

  test('names the known sources when asked for another', () => expect(() => findSource('nope')).toThrow(/unknown source "nope"; known: stevenblack/));

  test('treats personal fields before anything is sent', () => {
    const safe = protectPersonal(defineDataset(full), { id: '1', address: '203.0.113.7', visitor: 'ann', note: 'secret' }, () => 'key');
    expect(safe).toEqual({ id: '1', address: '203.0.113.0', visitor: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(protectPersonal(defineDataset(full), { address: '2001:db8:1:2::3' }, () => 'key').address).toBe('2001:db8:1::');
  });
});

describe('rules', () => {
  const vectors = JSON.parse(readFileSync(join(ROOT, 'contracts', 'rule-vectors.json'), 'utf8')) as { rule: Rule; cases: [unknown, boolean][] }[];
  const kafkaTime = Date.parse('2026-01-01T00:00:00Z');
  test.each(vectors.flatMap(({ rule, cases }) => cases.map(([value, broken]) => [rule.kind, JSON.stringify(value), broken, rule, value] as const)))(
    '%s of %s: broken is %s',
    (_kind, _shown, broken, rule, value) => expect(breaks(rule, { v: value }, kafkaTime)).toBe(broken),
  );
  test('every kind has vectors', () =>
    expect([...new Set(vectors.map(({ rule }) => rule.kind))].sort()).toEqual(['between', 'inSet', 'matches', 'maxLength', 'notInFuture', 'notNull']));
});

describe('the lock', () => {
  const lock = lockOf([defineDataset(full)]);
  const changed = (change: (input: DatasetInput) => DatasetInput) => breakingChanges(lock, [without(change)()]);

  test('lets additive changes pass, with a higher version', () => {
    const grown = without((i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, extra: { type: 'string', description: 'x', example: 'x' } } } }))();
    expect(breakingChanges(lock, [grown])).toEqual([]);
    expect(missingVersionBumps(lock, [grown])).toEqual(['visits: fields added (extra), so raise version from 1 to 2']);
    expect(() => assertEvolution(lock, [{ ...grown, version: 2 }])).not.toThrow();
  });

  test.each<[string, (input: DatasetInput) => DatasetInput, RegExp]>([
    [
      'key',
      (i) => ({ ...i, record: { ...i.record, key: ['id', 'source', 'sequence', 'at'] } }),
      /the key changed from \(id, source, sequence\) to \(id, source, sequence, at\)\. Rebuild silver\.visits into a new path, compare, then swap the catalog row: sluice rebuild silver\.visits/,
    ],
    [
      'type',
      (i) => ({ ...i, record: { ...i.record, fields: { ...i.record.fields, size: { type: 'string', description: 'x', example: 'x' } } } }),
      /size changed type from bigint to string/,
    ],
    ['field', (i) => ({ ...i, record: { ...i.record, fields: Object.fromEntries(Object.entries(i.record.fields).filter(([n]) => n !== 'size')) } }), /size is gone/],
    ['partition count', (i) => ({ ...i, topic: { ...i.topic, partitions: 2 } }), /topic\.partitions changed from 1 to 2/],
    ['partitioning', (i) => ({ ...i, tables: i.tables?.map((t) => ({ ...t, partitionBy: ['id'] })) as never }), /changed its partitioning from \(\) to \(id\)/],
  ])('refuses a changed %s and names the migration', (_what, change, message) => expect(changed(change).join('\n')).toMatch(message));

  test('refuses a changed writer and names the migration', () => {
    const dataset = defineDataset(full);
    const moved = { ...dataset, tables: dataset.tables.map((table) => ({ ...table, writer: 'gold' as const })) };
    expect(breakingChanges(lock, [moved]).join('\n')).toMatch(/changed its writer from silver to gold/);
  });

  test('refuses a dataset that is gone', () => expect(breakingChanges(lock, []).join()).toMatch(/dataset visits is gone/));
  test('holds for the contracts as they are', () => expect(() => assertEvolution(JSON.parse(readFileSync(join(ROOT, 'contracts.lock.json'), 'utf8')), datasets)).not.toThrow());
});

describe('one writer a table', () => {
  test('is asserted over all jobs of a layout', () => {
    for (const layout of Object.values(LAYOUTS)) expect(() => assertOneWriter(compileContracts(datasets), layout)).not.toThrow();
    expect(() => assertOneWriter(compileContracts(datasets), { ...LAYOUTS.separate, second: ['silver'] })).toThrow(
      /table silver\.harmful_domains would be written by jobs silver and second/,
    );
    expect(() => assertOneWriter(compileContracts(datasets), { bronze: ['bronze'] })).toThrow(/has writer "silver", which no job runs/);
  });
  test('two datasets cannot declare one table', () =>
    expect(() => compileContracts([defineDataset(full), defineDataset({ ...full, name: 'other', sources: full.sources.map((s) => ({ ...s, name: `other_${s.name}` })) })])).toThrow(
      /table gold\.visits_state is declared by dataset visits and by dataset other/,
    ));
});

test('SQL speaks of layers, and gets a stage’s databases outside quotes and comments only', () => {
  const sql = `SELECT 'gold.x', "silver.y", g.* FROM gold.harmful_domains g JOIN Silver . "t" ON true -- ops.z\nWHERE golden.x = 1`;
  expect(qualifyDatabases(sql, (layer) => `s_${layer}`)).toBe(
    `SELECT 'gold.x', "silver.y", g.* FROM s_gold.harmful_domains g JOIN s_silver . "t" ON true -- ops.z\nWHERE golden.x = 1`,
  );
});

test.each([
  ['array<struct<a:string,b:array<int>>>', true],
  ['map<string,int>', true],
  ['map<int,int>', false],
  ['struct<A:int>', false],
  ['array<int,int>', false],
  ['decimal', false],
])('column type %s: %s', (type, valid) => expect(isColumnType(type)).toBe(valid));

test.each(Object.entries(generatedFiles()))('%s is what the contracts and the configuration make of it', (file, text) => expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text));
