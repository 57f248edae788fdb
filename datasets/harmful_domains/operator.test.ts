import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../../test/support/ingest-fakes.js';
import { findCheckedSource } from '../index.js';
import { editList, type OperatorEdit, validateEdit } from './operator.js';

const now = new Date('2026-11-01T00:00:00Z');

describe('an edit of the operator’s list', () => {
  test.each([
    [{ verdict: 'allow', domain: 'co.uk', reason: 'r' }, /"co\.uk": public suffix/],
    [{ verdict: 'deny', domain: '*.github.io', reason: 'r' }, /\*\.github\.io: a private public suffix stands for itself alone; leave the "\*\." away/],
    [{ verdict: 'deny', domain: 'a\u001b[2J.example', reason: 'r' }, /"a\\u001b\[2J\.example": character that no host name has/],
    [{ verdict: 'deny', domain: 'a.example', reason: ' ' }, /a reason is needed to deny a\.example: --reason/],
    [{ verdict: 'allow', domain: 'a.example', reason: 'r', until: 'soon' }, /until "soon": not a date; for example 2027-01-31/],
    [{ verdict: 'allow', domain: 'a.example', reason: 'r', until: '2026-10-31' }, /until 2026-10-31: is over already/],
  ] as [OperatorEdit, RegExp][])('%j is refused with the way out', (edit, message) => expect(() => validateEdit(edit, now)).toThrow(message));

  test('keeps one verdict and one scope per name, the newest', () => {
    const edits: OperatorEdit[] = [
      { verdict: 'deny', domain: 'Bad.Example', reason: 'seen' },
      { verdict: 'allow', domain: '*.good.example', reason: 'ours', until: '2026-12-01' },
      { verdict: 'allow', domain: 'bad.example', reason: 'after all' },
    ];
    const last = edits.reduce<string | null>((list, edit) => editList(list, edit, now), null);
    expect(JSON.parse(last ?? '')).toEqual({
      allow: [
        { domain: '*.good.example', reason: 'ours', until: '2026-12-01T00:00:00.000Z' },
        { domain: 'bad.example', reason: 'after all' },
      ],
      deny: [],
    });
    const later = new Date('2026-12-02T00:00:00Z');
    expect(JSON.parse(editList(last, null, later)).allow).toEqual([{ domain: 'bad.example', reason: 'after all' }]);
    expect(() => editList(last, { verdict: 'forget', domain: 'a.example' }, now)).toThrow(/no edit: verdict: .*allow/);
    expect(() => editList(last, { verdict: 'remove', domain: 'other.example' }, now)).toThrow('other.example is neither allowed nor denied by the operator');
  });
});

describe('the operator’s list goes the way of every list', () => {
  const operator = (world: World) => ({ ...fakeDeps(world), source: findCheckedSource('operator').source });
  const sent = (world: World) =>
    world
      .sent('harmful_domains')
      .map(({ name, scope, action, event, restated, sequence, reason, valid_until }) => ({ name, scope, action, event, restated, sequence, reason, valid_until }));

  test('an entry is listed with its reason and end, says other words in one change, and ends when its time is over', async () => {
    const world = new World();
    const edit = (given: OperatorEdit) => run({ event: 'edit', source: 'operator', edit: given }, operator(world));
    expect(await edit({ verdict: 'deny', domain: 'bad.example', reason: 'seen', until: '2026-11-03' })).toMatchObject({ outcome: 'changed', listed: 1, produced: 1 });
    expect(await edit({ verdict: 'deny', domain: 'bad.example', reason: 'seen', until: '2026-11-03' })).toMatchObject({ outcome: 'unchanged', produced: 0 });
    expect(await edit({ verdict: 'deny', domain: 'bad.example', reason: 'seen twice', until: '2026-11-03' })).toMatchObject({
      outcome: 'changed',
      sequence: 2,
      added: 0,
      changed: 1,
      gone: 0,
      produced: 1,
    });
    expect(await edit({ verdict: 'deny', domain: 'no_dot', reason: 'x' })).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('single label') });
    world.now = Date.parse('2026-11-04T00:00:00Z');
    expect(await run({ source: 'operator' }, operator(world))).toMatchObject({ outcome: 'changed', delisted: 1 });
    const base = { name: 'bad.example', scope: 'exact', action: 'block', valid_until: '2026-11-03T00:00:00.000Z' };
    expect(sent(world).slice(0, 3)).toEqual([
      { ...base, event: 'listed', restated: false, sequence: 1, reason: 'seen' },
      { ...base, event: 'listed', restated: true, sequence: 2, reason: 'seen twice' },
      { ...base, event: 'delisted', restated: false, sequence: 3, reason: 'seen twice' },
    ]);
  });

  test('a first run without an edit has nothing to end', async () => {
    const world = new World();
    expect(await run({ source: 'operator' }, operator(world))).toMatchObject({ outcome: 'changed', entries: 0, produced: 0 });
  });
});
