import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../../test/support/ingest-fakes.js';
import { findSource } from '../index.js';
import { readerOf } from '../readers.js';
import { seeded } from '../shared/made-up.js';
import { recording } from './recording.js';

const { dataset, source } = findSource('new_dataset_items');
const HOUR_MS = 3_600_000;

class Items extends World {
  check(body: string, bounds: object = { minEntries: 1, maxShrink: 1, minValid: 0.5 }) {
    this.body = body;
    this.etag = null;
    this.now += HOUR_MS;
    return run(
      { source: source.name },
      { ...fakeDeps(this), dataset, reader: readerOf(dataset.name), source: { ...source, bounds: { ...source.bounds, ...bounds } } as typeof source },
    );
  }
}

describe('the items of new dataset', () => {
  test('are published by difference: what came, what went', async () => {
    const world = new Items();
    expect(await world.check('# items\na\nb\n\na\n')).toMatchObject({ outcome: 'changed', read: 2, added: 2, gone: 0, counts: { repeats: 1 } });
    expect(await world.check('c\na\n')).toMatchObject({ added: 1, changed: 0, gone: 1 });
    expect(
      world
        .sent(dataset.name)
        .slice(2)
        .map(({ item_id, event, place }) => [item_id, event, place]),
    ).toEqual([
      ['b', 'gone', null],
      ['c', 'added', 1],
    ]);
  });

  test('a line that is no item is set aside with its place', async () => {
    const result = await new Items().check('a\nb c\nd\n');
    expect(result).toMatchObject({ read: 2, rejected: 1 });
    expect(result.reject_samples).toEqual(['2: no item: b c']);
  });

  test('a list that lost most of its items changes nothing', async () => {
    const world = new Items();
    await world.check('a\nb\nc\nd\ne\n');
    expect(await world.check('a\n', { minEntries: 1 })).toMatchObject({ outcome: 'refused', sequence: 1 });
  });

  test('are recorded whole, and all of the recording is good', async () => {
    expect(await new Items().check(recording.body(source, seeded(1)), {})).toMatchObject({ outcome: 'changed', read: 200, rejected: 0 });
  });
});
