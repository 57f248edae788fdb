import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type DocumentSource, defineDataset } from '../../contracts/index.js';
import { vulnerabilities } from '../vulnerabilities/contract.js';
import { documentReader, flagOf, numberOf, Rejected, textOf } from './document-reader.js';

const folder = mkdtempSync(join(tmpdir(), 'document-'));
afterAll(() => rmSync(folder, { recursive: true }));

const things = defineDataset({
  ...vulnerabilities,
  tables: [],
  queries: [],
  rules: [],
  canary: { fields: {} },
  name: 'things',
  record: {
    key: ['source', 'id', 'sequence'],
    order: ['sequence'],
    content: ['colour'],
    fields: {
      source: { type: 'string', description: 'who', example: 'x' },
      id: { type: 'string', description: 'id', example: 'x' },
      event: { type: 'string', description: 'what', example: 'added' },
      sequence: { type: 'bigint', description: 'n', example: 1 },
      observed_at: { type: 'timestamp', description: 'when', example: '2026-01-01T00:00:00Z' },
      colour: { type: 'string', description: 'colour', example: 'red' },
    },
  },
});
const reader = documentReader(things, (record) => ({ id: textOf(record, 'id'), colour: textOf(record, 'colour') }));
const declared = vulnerabilities.sources[0] as DocumentSource;

async function read(body: string | Uint8Array, format: Partial<DocumentSource> = { format: 'json', records: 'items' }, chunk = 11) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  async function* chunks() {
    for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk);
  }
  const { records: _, ...source } = declared;
  const reading = await reader.read(chunks, { source: { ...source, ...format }, folder, kept: async () => null });
  const given = [...reading.rows()];
  return { given, ...reading.told() };
}

describe('a document', () => {
  test.each([
    ['JSON', '{"title":"t","items":[{"id":"b","colour":"red","more":{"items":[{"id":"no"}]}},{"id":"a"}]}', { format: 'json', records: 'items' }],
    [
      'JSON below two names, with a byte order mark',
      '\ufeff{"x":{"items":[{"id":"b","colour":"red"},{"id":"a"}]},"items":[{"id":"no"}]}\n',
      { format: 'json', records: 'x.items' },
    ],
    ['JSON that is an array', '[{"id":"b","colour":"red"},{"id":"a","colour":null}]', { format: 'json' }],
    ['CSV', 'id,colour\r\nb,red\r\n"a",""\r\n', { format: 'csv' }],
    ['XML', '<?xml version="1.0"?><x><skip><thing/></skip><thing><id>b</id><colour>red</colour></thing><thing><id> a </id></thing></x>', { format: 'xml', records: 'x.thing' }],
  ] as [string, string, Partial<DocumentSource>][])('in %s gives its records by key, with their places', async (_what, body, format) => {
    expect(await read(body, format)).toEqual({
      given: [
        { key: '"a"', place: 2, content: '' },
        { key: '"b"', place: 1, content: '{"colour":"red"}' },
      ],
      read: 2,
      rejected: 0,
      ignored: 0,
      rows: 2,
      samples: [],
      counts: { records: 2, repeats: 0 },
      unreadable: null,
      doubt: null,
    });
  });

  test.each([
    ['that is none', 'The catalogue has moved.', undefined, /not JSON behind record 0: Unexpected "T" at/],
    ['that was cut', '{"items":[{"id":"a"},{"id":', undefined, /ends in the middle, behind record 1: it was cut/],
    ['that goes on after its end', '{"items":[{"id":"a"}]}{"items":[]}', undefined, /goes on after its end|not JSON behind record 1/],
    ['that lost its array', '{"title":"t","entries":[{"id":"a"}],"count":1}', undefined, /no array at items; it has title, entries, count/],
    ['whose array is an object', '{"items":{"a":{"id":"a"}}}', undefined, /no array at items; it has items/],
    ['with a quote that is not closed', 'id,colour\na,"red\n', { format: 'csv' }, /not CSV behind record 0: .*quote/i],
    ['with a row of another length', 'id,colour\na,red\nb\n', { format: 'csv' }, /not CSV behind record \d: .*length.* line 3/i],
    ['that is no XML', 'nothing', { format: 'xml', records: 'x.y' }, /not XML behind record 0/],
    ['that was cut in an element', '<x><y><id>a</id></y><y><id>', { format: 'xml', records: 'x.y' }, /not XML behind record 1: Unclosed/],
    ['with another root', '<html><y/></html>', { format: 'xml', records: 'x.y' }, /no element x\.y; its root is html/],
    [
      'with an entity of its own',
      '<!DOCTYPE x [<!ENTITY e "boom">]><x><y><id>&e;</id></y></x>',
      { format: 'xml', records: 'x.y' },
      /not XML behind record 0: Invalid character entity/,
    ],
  ] as [string, string, Partial<DocumentSource> | undefined, RegExp][])('%s cannot be read, and it says where', async (_what, body, format, reason) => {
    expect((await read(body, format)).unreadable).toMatch(reason);
  });

  test('with an empty array is read, and empty', async () => expect(await read('{"items": [ ]}')).toMatchObject({ read: 0, unreadable: null }));

  test('counts records without their keys, or that are none, with their places', async () => {
    const found = await read('{"items":[{"colour":"red"},5,{"id":7},{"id":"a"},{"id":" "},null]}');
    expect(found).toMatchObject({ read: 1, rejected: 5, counts: { records: 6 } });
    expect(found.samples).toEqual([
      '1: no id, by which a record is known: {\\"colour\\":\\"red\\"}',
      '2: no object: 5',
      '3: id is no text: {\\"id\\":7}',
      '5: no id, by which a record is known: {\\"id\\":\\" \\"}',
      '6: no object: null',
    ]);
  });

  test('with one key twice counts a repeat, and rejects what says something else with both places', async () => {
    const found = await read('{"items":[{"id":"a","colour":"red"},{"id":"b"},{"id":"a","colour":"red"},{"id":"a","colour":"blue"}]}');
    expect(found).toMatchObject({ read: 2, rejected: 1, counts: { records: 4, repeats: 1 } });
    expect(found.samples).toEqual(['4: record 1 has this key too, and says something else: \\"a\\"']);
    expect(found.given.map(({ key, content }) => [key, content])).toEqual([
      ['"a"', '{"colour":"red"}'],
      ['"b"', ''],
    ]);
  });

  test('of nine thousand records on one line costs no more than its records, and its line is not cut', async () => {
    const items = Array.from({ length: 9_000 }, (_, i) => ({ id: `n${i}`, colour: 'x'.repeat(200) }));
    const found = await read(JSON.stringify({ items }), undefined, 64 * 1024);
    expect(found).toMatchObject({ read: 9_000, rejected: 0, unreadable: null });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is read alike whatever its chunks, and however its records are ordered', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1 }).filter((id) => id.trim() !== ''), colour: fc.option(fc.string()) }), {
          selector: ({ id }) => id.trim(),
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 50 }),
        async (items, chunk) => {
          const forward = await read(JSON.stringify({ items }), undefined, chunk);
          const backward = await read(JSON.stringify({ items: [...items].reverse() }), undefined, chunk + 1);
          expect(forward.given.map(({ key, content }) => [key, content])).toEqual(backward.given.map(({ key, content }) => [key, content]));
          expect(forward.given.map(({ key }) => JSON.parse(key)).sort()).toEqual(items.map(({ id }) => id.trim()).sort());
        },
      ),
      { numRuns: 100 },
    ));
});

test('a record has every field of the contract, the stamps among them', () => {
  const row = { key: '"a"', content: '{"colour":"red"}', event: 'changed', sequence: 3, observedAt: Date.parse('2026-11-01T00:00:00Z'), place: 2 } as const;
  expect(reader.record(declared, row)).toEqual({ source: 'cisa_kev', id: 'a', event: 'changed', sequence: 3, observed_at: '2026-11-01T00:00:00.000Z', colour: 'red' });
});

describe('a member', () => {
  test.each([
    [12.5, 12.5],
    ['12', 12],
    [0, 0],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%j is a number, or none', (given, number) => expect(numberOf({ size: given }, 'size')).toBe(number));

  test.each([
    [true, true],
    [false, false],
    ['false', false],
    [' true ', true],
    ['', null],
    [undefined, null],
  ])('%j is true or false, or neither', (given, flag) => expect(flagOf({ open: given }, 'open')).toBe(flag));

  test.each(['a dozen', 'NaN', 'Infinity', true, [1]])('%j is no number', (given) => expect(() => numberOf({ size: given }, 'size')).toThrow(Rejected));
  test.each(['yes', 1, []])('%j is neither true nor false', (given) => expect(() => flagOf({ open: given }, 'open')).toThrow(Rejected));
});
