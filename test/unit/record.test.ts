import { describe, expectTypeOf, test } from 'vitest';
import type { Dataset, RecordOf } from '../../contracts/index.js';
import { defineDataset } from '../../contracts/index.js';

const field = <T extends string>(type: T) => ({ type, description: 'x', example: null }) as const;

const things = defineDataset({
  name: 'things',
  version: 1,
  owner: 'nobody',
  description: 'Things.',
  terms: 'none',
  record: {
    key: ['id'],
    fields: {
      source: field('string'),
      id: field('bigint'),
      weight: field('double'),
      good: field('boolean'),
      day: field('date'),
      at: field('timestamp'),
      words: field('array<string>'),
      counts: field('map<string,bigint>'),
      place: field('struct<x:int>'),
    },
  },
  sources: [{ kind: 'kafka', name: 'maker', producer: 'somebody' }],
  topic: { partitions: 1, retentionHours: 1 },
  retentionDays: { bronze: 1 },
  canary: { fields: {} },
  service: { triggerSeconds: 1, freshnessMinutes: { bronze: 1, silver: 1, gold: 1 }, severity: 'notice' },
});
type Thing = RecordOf<typeof things>;

const whole: Thing = {
  source: 'maker',
  id: 1,
  weight: 1.5,
  good: true,
  day: '2026-11-01',
  at: '2026-11-01T00:00:00.000Z',
  words: ['a'],
  counts: { a: 1 },
  place: { x: 1 },
};

/** Held by the compiler (`./sluice lint`), not by the run: an `expect-error` that meets no error does not compile. */
describe('the record of a contract', () => {
  test('has the fields of the contract with their types, each of which may be null', () => {
    expectTypeOf<Thing>().toEqualTypeOf<{
      readonly source: string | null;
      readonly id: number | null;
      readonly weight: number | null;
      readonly good: boolean | null;
      readonly day: string | null;
      readonly at: string | null;
      readonly words: readonly string[] | null;
      readonly counts: Readonly<Record<string, number>> | null;
      readonly place: unknown;
    }>();
  });

  test('a reader that forgets a field, gives one too many or of another type does not compile', () => {
    const { weight: _forgotten, ...less } = whole;
    // @ts-expect-error: weight is missing
    less satisfies Thing;
    // @ts-expect-error: no field of that name
    ({ ...whole, colour: 'red' }) satisfies Thing;
    // @ts-expect-error: an id is a number
    ({ ...whole, id: '1' }) satisfies Thing;
  });

  test('what knows no contract in particular takes any dataset', () => {
    expectTypeOf(things).toExtend<Dataset>();
    expectTypeOf<RecordOf<Dataset>>().toEqualTypeOf<{ readonly [name: string]: unknown }>();
  });
});
