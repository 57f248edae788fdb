import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../../test/support/ingest-fakes.js';
import { findSource } from '../index.js';
import { readerOf } from '../readers.js';
import { seeded } from '../shared/made-up.js';
import { recording } from './recording.js';

const { dataset, source } = findSource('new_dataset_items');
const HOUR_MS = 3_600_000;
const item = (id: unknown, more: object = {}) => ({ id, title: 'Title', published: '2026-01-02', size: 1.5, free: false, ...more });

class Items extends World {
  check(items: readonly object[] | string, bounds: object = { minEntries: 1, maxShrink: 1, maxChange: 1, minValid: 0.5 }) {
    this.body = typeof items === 'string' ? items : JSON.stringify({ items });
    this.etag = null;
    this.now += HOUR_MS;
    return run(
      { source: source.name },
      { ...fakeDeps(this), dataset, reader: readerOf(dataset.name), source: { ...source, bounds: { ...source.bounds, ...bounds } } as typeof source },
    );
  }
}

describe('the items of new dataset', () => {
  test('are published by difference: what came, what says something else, what went', async () => {
    const world = new Items();
    expect(await world.check([item('a'), item('b')])).toMatchObject({ outcome: 'changed', added: 2, changed: 0, gone: 0 });
    expect(await world.check([item('a', { title: 'Another' }), item('c')])).toMatchObject({ added: 1, changed: 1, gone: 1 });
    expect(
      world
        .sent(dataset.name)
        .slice(2)
        .map(({ item_id, event, title }) => [item_id, event, title]),
    ).toEqual([
      ['a', 'changed', 'Another'],
      ['b', 'gone', 'Title'],
      ['c', 'added', 'Title'],
    ]);
  });

  test.each([
    ['has no identifier', { id: undefined }, /^2: no item_id, by which a record is known/],
    ['has a day that is none', { published: '2026-02-30' }, /^2: published is no day/],
    ['has a size that is none', { size: 'large' }, /^2: size is no number/],
    ['is free by another word', { free: 'perhaps' }, /^2: free is neither true nor false/],
  ])('one that %s is set aside with its place', async (_what, more, sample) => {
    const result = await new Items().check([item('a'), item('b', more), item('c')]);
    expect(result).toMatchObject({ read: 2, rejected: 1 });
    expect(result.reject_samples?.[0]).toMatch(sample);
  });

  test('that are no document change nothing', async () => {
    const world = new Items();
    await world.check([item('a')]);
    expect(await world.check('moved')).toMatchObject({ outcome: 'refused', sequence: 1 });
  });

  test('are recorded whole, and all of the recording is good', async () => {
    expect(await new Items().check(recording.body(source, seeded(1)), {})).toMatchObject({ outcome: 'changed', read: 200, rejected: 0 });
  });
});
