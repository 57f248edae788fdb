import fc from 'fast-check';
import { parse as parsePublicSuffix } from 'tldts';
import { describe, expect, test } from 'vitest';
import { classify } from './entries.js';
import { isKnownTopLevel, KNOWN_TOP_LEVEL, lookAt, MAYBE_SUFFIX, PLAIN, suffixKind } from './public-suffix.js';
import { suffixRules } from './public-suffix-rules.js';

const { rules, topLevels } = suffixRules();
const ascii = (name: string): boolean => /^[a-z0-9.-]+$/.test(name);
const RULES = [...rules.keys()].map((rule) => rule.replace(/^!/, '').replace(/^\*/, 'star')).filter(ascii);

/** What tldts says of a name: whether it is a suffix, and of which kind. */
function byTldts(name: string): 'icann' | 'private' | undefined {
  const { publicSuffix, isIcann, isPrivate } = parsePublicSuffix(name, { allowPrivateDomains: true, extractHostname: false, validateHostname: false });
  if (publicSuffix !== name) return undefined;
  return isIcann ? 'icann' : isPrivate ? 'private' : undefined;
}

describe('public suffixes', () => {
  test('are what tldts says they are: every rule, and names around each', () => {
    expect(RULES.length).toBeGreaterThan(9_000);
    const wrong: string[] = [];
    for (const rule of RULES) {
      const parent = rule.slice(rule.indexOf('.') + 1);
      for (const name of [rule, `x.${rule}`, `x.y.${rule}`, parent, `x.${parent}`, `${rule}.x`, `x${rule}`]) {
        if (!name.includes('.')) continue;
        if (suffixKind(name) !== byTldts(name)) wrong.push(name);
        const seen = lookAt(name);
        if (byTldts(name) !== undefined && (seen & MAYBE_SUFFIX) === 0 && seen !== 0) wrong.push(`not seen: ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('the filter before them asks of few names that are none', () => {
    let asked = 0;
    for (let i = 0; i < 20_000; i++) if ((lookAt(`a${i}-shop.b${i % 97}.com`) & MAYBE_SUFFIX) !== 0) asked++;
    expect(asked / 20_000).toBeLessThan(0.15);
  });
});

describe('a top level', () => {
  test('is known where the list has rules below it only, as za, and wherever it has any', () => {
    const below = [...topLevels].filter((top) => !rules.has(top) && !rules.has(`*.${top}`));
    expect(below).toEqual(['za']);
    expect(topLevels.size).toBeGreaterThan(1_400);
    for (const top of [...topLevels].filter(ascii)) {
      const found = classify(`name-1.${top}`, 'exact');
      // Of `*.ck` every second level is a suffix.
      if (found.kind === 'reject') expect([found.reason, rules.has(`*.${top}`)], top).toEqual(['public suffix', true]);
      else expect(found, top).toMatchObject({ kind: 'entry', unknownTopLevel: false });
      expect(isKnownTopLevel(top)).toBe(true);
    }
    expect(classify('shop.co.za', 'subtree')).toMatchObject({ kind: 'entry', unknownTopLevel: false, entry: { scope: 'subtree' } });
    expect(classify('name.za', 'exact')).toMatchObject({ kind: 'entry', unknownTopLevel: false });
    expect(classify('co.za', 'exact')).toEqual({ kind: 'reject', reason: 'public suffix' });
  });

  test.each(['zz', 'zaa', 'xza', 'internal', 'lan', 'constructor', '__proto__x'])('that it does not have stays unknown: %s', (top) => {
    const found = classify(`name.${top}`, 'exact');
    if (top.includes('_')) expect(found.kind).toBe('reject');
    else expect(found).toMatchObject({ kind: 'entry', unknownTopLevel: true });
  });
});

describe('one look at a name', () => {
  test('decides as the closer look does, which a capital letter asks for', () => {
    const label = fc.oneof(
      fc.stringMatching(/^[a-z0-9_-]{1,12}$/),
      fc.constantFrom('com', 'co', 'za', 'uk', 'ck', 'www', 'github', 'io', 'x'.repeat(63), 'x'.repeat(64), '', '-', 'é', '1'),
    );
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), fc.constantFrom('exact' as const, 'subtree' as const), (labels, scope) => {
        const name = labels.join('.');
        expect(classify(name, scope)).toEqual(classify(name.toUpperCase(), scope));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['a.example', PLAIN],
    ['-a-._b_.com', PLAIN | KNOWN_TOP_LEVEL],
    ['com', 0],
    ['.com', 0],
    ['a..com', 0],
    ['A.com', 0],
    ['a.com.', 0],
    ['a.c_m', 0],
    ['a.com-', 0],
    ['203.0.113.9', 0],
    ['a b.com', 0],
    ['a\u0080.com', 0],
    ['a\u012e.com', 0],
    [`${'a'.repeat(64)}.com`, 0],
  ])('%s', (name, expected) => expect(lookAt(name)).toBe(expected));
});
