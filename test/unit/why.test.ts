import { describe, expect, test } from 'vitest';
import { confidenceNow } from '../../bin/commands/harmful_domains/why/confidence.js';
import { defang, entriesOf, entryOf, lineage } from '../../bin/commands/harmful_domains/why/entry.js';
import { explain } from '../../bin/commands/harmful_domains/why/explain.js';
import type { Listing, NameRow } from '../../bin/commands/harmful_domains/why/explanation.js';

const now = Date.parse('2026-11-26T00:00:00Z');
const listing = (given: Partial<Listing>): Listing => ({
  source: 's1',
  action: 'block',
  scope: 'exact',
  category: 'malware',
  origin: given.source ?? 's1',
  reliability: 0.8,
  current: true,
  firstSeen: '2026-11-01T00:00:00.000Z',
  changedAt: '2026-11-01T00:00:00.000Z',
  lastSeen: '2026-11-26T00:00:00.000Z',
  listedAt: null,
  sequence: 1,
  line: 3,
  tags: [],
  reason: null,
  validUntil: null,
  coordinates: null,
  runId: null,
  rawLine: null,
  ...given,
});
const row = (name: string, listings: readonly Listing[], given: Partial<NameRow> = {}): NameRow => ({
  type: 'domain',
  name,
  scope: 'exact',
  isActive: true,
  widelyUsed: false,
  originCount: 1,
  categories: [],
  confidenceBase: 0.8,
  confidenceAt: '2026-11-01T00:00:00.000Z',
  firstSeen: null,
  delistedAt: null,
  listings,
  ...given,
});
const allow = (given: Partial<Listing> = {}) => listing({ source: 'operator', action: 'allow', category: 'operator', reason: 'ours', ...given });
const verdict = (name: string, rows: readonly NameRow[]) => {
  const { verdict: said, because } = explain(entryOf(name), rows, now);
  return [said, because];
};

describe('why a name counts as harmful', () => {
  test('its lineage goes up to two labels; addresses and URLs have none', () => {
    expect(lineage(entryOf('a.b.example.com'))).toEqual(['a.b.example.com', 'b.example.com', 'example.com']);
    expect(lineage(entryOf('203.0.113.9'))).toEqual(['203.0.113.9']);
    expect(lineage(entryOf('https://github.com/u/x'))).toEqual(['https://github.com/u/x']);
    expect(entriesOf('https://files.example/u/x').map(({ type, name }) => `${type} ${name}`)).toEqual(['url https://files.example/u/x', 'domain files.example']);
    expect(entriesOf('https://github.com/u/x')).toHaveLength(1);
    expect(entriesOf('https://files.example/').map(({ type }) => type)).toEqual(['domain']);
    expect(entriesOf('files.example').map(({ type }) => type)).toEqual(['domain']);
    expect(() => entryOf('co.uk')).toThrow('"co.uk": public suffix');
  });

  test.each([
    ['listed by itself', [row('a.example', [listing({}), listing({ source: 's2' })])], ['harmful', 'listed by s1, s2']],
    ['covered from above', [row('example.com', [listing({ scope: 'subtree' })], { scope: 'subtree' })], ['harmful', 'example.com covers all below it; listed by s1']],
    ['above it, but alone', [row('example.com', [listing({})])], ['not listed', 'no source lists it, nor a name above it with all below']],
    ['allowed', [row('x.example.com', [listing({}), allow()], { isActive: false })], ['allowed', 'the operator allows x.example.com: ours']],
    [
      'allowed from above',
      [row('x.example.com', [listing({})]), row('example.com', [allow({ scope: 'subtree' })], { isActive: false })],
      ['allowed', 'the operator allows *.example.com: ours'],
    ],
    ['allowed above it, but alone', [row('x.example.com', [listing({})]), row('example.com', [allow()], { isActive: false })], ['harmful', 'listed by s1']],
    ['allowed for a time that is over', [row('x.example.com', [listing({}), allow({ validUntil: '2026-11-25T00:00:00.000Z' })])], ['harmful', 'listed by s1']],
    [
      'dropped',
      [row('x.example.com', [listing({ current: false })], { isActive: false, delistedAt: '2026-11-20T00:00:00.000Z' })],
      ['no longer listed', 'the last source dropped it at 2026-11-20T00:00:00.000Z'],
    ],
    [
      'widely used',
      [row('x.example.com', [listing({}), listing({ source: 'm', action: 'popular' })], { isActive: false, widelyUsed: true })],
      ['not enough origins', 'a popularity list holds it, and 1 of the 2 independent origins it then needs lists it'],
    ],
    [
      'excepted by its own list',
      [row('x.example.com', [listing({}), listing({ action: 'allow' })], { isActive: false })],
      ['not listed', 'every list that names it makes an exception of it'],
    ],
    [
      'excepted by its own list with all below',
      [row('x.example.com', [listing({ scope: 'subtree' }), listing({ action: 'allow', scope: 'subtree' })], { isActive: false })],
      ['not listed', 'every list that names it makes an exception of it'],
    ],
    [
      'excepted by the list that covers it',
      [row('x.example.com', [listing({ action: 'allow' })], { isActive: false }), row('example.com', [listing({ scope: 'subtree' })])],
      ['not listed', 'example.com covers all below it, but every list that says so makes an exception of x.example.com: s1'],
    ],
    [
      'excepted by one of two lists that cover it',
      [row('x.example.com', [listing({ action: 'allow' })], { isActive: false }), row('example.com', [listing({ scope: 'subtree' }), listing({ source: 's2', scope: 'subtree' })])],
      ['harmful', 'example.com covers all below it; listed by s2'],
    ],
    [
      'excepted by one of the two origins that a widely used name needs',
      [
        row('x.example.com', [listing({ action: 'allow' })], { isActive: false }),
        row('example.com', [listing({ scope: 'subtree' }), listing({ source: 's2', scope: 'subtree' })], { widelyUsed: true }),
      ],
      ['not listed', 'example.com covers all below it, but too few of the lists that say so make no exception of x.example.com: s1'],
    ],
    [
      'listed below an exception',
      [row('x.example.com', [listing({ source: 's2' }), listing({ action: 'allow', scope: 'subtree' })]), row('example.com', [listing({ scope: 'subtree' })])],
      ['harmful', 'listed by s2'],
    ],
    ['listed alone, where all below it is free', [row('x.example.com', [listing({}), listing({ action: 'allow', scope: 'subtree' })])], ['harmful', 'listed by s1']],
    [
      'above it with all below by one of two origins',
      [row('example.com', [listing({}), listing({ source: 's2', scope: 'subtree' })], { widelyUsed: true, scope: 'subtree' })],
      ['not listed', 'no source lists it, nor a name above it with all below'],
    ],
    [
      'above it, less the name alone',
      [row('example.com', [listing({ scope: 'subtree' }), listing({ action: 'allow' })], { isActive: false })],
      ['harmful', 'example.com covers all below it; listed by s1'],
    ],
    [
      'above it, but allowed there',
      [row('example.com', [listing({ scope: 'subtree' }), allow()], { isActive: false })],
      ['not listed', 'no source lists it, nor a name above it with all below'],
    ],
    ['widely used alone', [row('x.example.com', [listing({ action: 'popular' })], { isActive: false })], ['not listed', 'no source lists it, nor a name above it with all below']],
  ] as [string, NameRow[], string[]][])('%s', (what, rows, expected) => expect(verdict(what === 'listed by itself' ? 'a.example' : 'x.example.com', rows)).toEqual(expected));

  test('an exception with all below counts for every name below it, down to the next entry', () => {
    const rows = [
      row('bad.ok.example.com', [listing({ source: 's2' })]),
      row('ok.example.com', [listing({ action: 'allow', scope: 'subtree' })], { isActive: false }),
      row('example.com', [listing({ scope: 'subtree' })]),
    ];
    expect(verdict('x.ok.example.com', rows.slice(1))).toEqual([
      'not listed',
      'example.com covers all below it, but every list that says so makes an exception of x.ok.example.com: s1',
    ]);
    expect(verdict('bad.ok.example.com', rows)).toEqual(['harmful', 'listed by s2']);
    expect(verdict('x.bad.ok.example.com', rows)[0]).toBe('not listed');
    expect(verdict('other.example.com', rows.slice(2))[0]).toBe('harmful');
  });

  test('confidence is confirmed by the last good check of a list that still has it, and halves in 30 days without', () => {
    expect(confidenceNow(row('a.example', [listing({})]), now)).toBe(0.8);
    expect(confidenceNow(row('a.example', [listing({ lastSeen: '2026-10-27T00:00:00.000Z' })], { confidenceAt: '2026-10-01T00:00:00.000Z' }), now)).toBe(0.4);
    expect(confidenceNow(row('a.example', [listing({})], { delistedAt: '2026-10-27T00:00:00.000Z', confidenceAt: '2026-10-27T00:00:00.000Z' }), now)).toBe(0.4);
    expect(confidenceNow(row('a.example', [], { confidenceBase: null }), now)).toBeNull();
    // oisd_small is checked once a day: a check of 23 hours ago holds, one of 31 days ago has held for a day.
    const daily = (hoursAgo: number) => listing({ source: 'oisd_small', lastSeen: new Date(now - hoursAgo * 3_600_000).toISOString() });
    expect(confidenceNow(row('a.example', [daily(23)], { confidenceAt: '2026-10-01T00:00:00.000Z' }), now)).toBe(0.8);
    expect(confidenceNow(row('a.example', [daily(31 * 24)], { confidenceAt: '2026-10-01T00:00:00.000Z' }), now)).toBe(0.4);
  });

  test('what is shown is no link', () => {
    expect(defang('ads.example.com')).toBe('ads[.]example[.]com');
    expect(defang('https://a.example/x')).toBe('hxxps[://]a[.]example/x');
  });
});
