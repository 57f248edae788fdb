import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readList } from '../../test/support/resolved.js';

/**
 * Each list with names that AdGuard's DNS engine (urlfilter v0.20.0) was asked for, and what it answered: `+` blocked,
 * `-` not. Measured on 2026-11-27.
 */
const MEASURED: [string, string[], string][] = [
  ['a rule', ['||n.example^'], '+n.example +x.n.example -xn.example'],
  ['a rule with both anchors', ['||n.example^|'], '+n.example +x.n.example'],
  ['a rule that ends where the name does', ['||n.example|'], '+n.example +x.n.example'],
  ['a rule with all paths', ['||n.example/*'], '+n.example +x.n.example'],
  ['the name alone', ['|n.example^'], '+n.example -x.n.example'],
  ['the name alone, both anchors', ['|n.example|'], '+n.example -x.n.example'],
  ['the name alone, all anchors', ['|n.example^|'], '+n.example -x.n.example'],
  ['a bare name', ['n.example'], '+n.example -x.n.example'],
  ['a bare name with a comment', ['n.example # why'], '+n.example -x.n.example'],
  ['a hosts row', ['0.0.0.0 n.example m.example # why', '127.0.0.1\tl.example'], '+n.example +m.example +l.example -x.n.example'],
  ['an exception', ['||n.example^', '@@||n.example^'], '-n.example -x.n.example'],
  ['an exception as the AdGuard DNS filter writes it', ['@@||n.example^|', '||n.example^', '||x.n.example^'], '-n.example -x.n.example'],
  ['an exception below', ['||n.example^', '@@||x.n.example^|'], '+n.example -x.n.example -y.x.n.example'],
  ['an exception of a name alone', ['||n.example^', '@@|x.n.example^|'], '+n.example -x.n.example +y.x.n.example'],
  ['all below a name', ['||*.n.example^'], '-n.example +x.n.example'],
  ['all below a name that a rule above blocks', ['||n.example^', '||*.x.n.example^'], '+n.example +x.n.example +y.x.n.example'],
  ['all below a name, freed', ['||*.n.example^', '@@||n.example^'], '-n.example -x.n.example'],
  ['an exception of the very name', ['||n.example^', '@@|n.example^|'], '-n.example +x.n.example'],
  ['an important rule of a name alone beside an exception of all', ['||p.example^', '|n.p.example^$important', '@@||n.p.example^'], '+p.example +n.p.example -x.n.p.example'],
  ['an exception above', ['||x.n.example^', '||y.x.n.example^', '@@||n.example^'], '-n.example -x.n.example -y.x.n.example'],
  ['an exception of a bare name', ['n.example', '@@||n.example^'], '-n.example'],
  ['an exception above hosts rows', ['0.0.0.0 x.n.example', '@@||n.example^'], '-x.n.example'],
  ['an important rule', ['||n.example^$important', '@@||n.example^'], '+n.example +x.n.example'],
  ['an important rule, exception first', ['@@||n.example^', '||n.example^$important'], '+n.example +x.n.example'],
  ['an important exception', ['||n.example^$important', '@@||n.example^$important'], '-n.example -x.n.example'],
  ['an important rule above an exception', ['||n.example^$important', '@@||x.n.example^'], '+n.example +x.n.example'],
  ['an important rule below an exception', ['||n.example^', '@@||n.example^', '||x.n.example^$important'], '-n.example +x.n.example +y.x.n.example'],
  ['an important exception below', ['||n.example^$important', '@@||x.n.example^$important'], '+n.example -x.n.example'],
  ['a rule beside its important twin', ['||n.example^', '||n.example^$important', '@@||n.example^'], '+n.example'],
  ['badfilter', ['||n.example^', '||n.example^$badfilter'], '-n.example -x.n.example'],
  ['badfilter first', ['||n.example^$badfilter', '||n.example^'], '-n.example'],
  ['badfilter without its rule', ['||n.example^$badfilter', '||m.example^'], '-n.example +m.example'],
  ['badfilter of another pattern', ['||n.example^|', '||n.example^$badfilter'], '+n.example'],
  ['badfilter of another name', ['||x.n.example^', '||n.example^$badfilter'], '+x.n.example'],
  ['badfilter of an exception', ['||n.example^', '@@||n.example^', '@@||n.example^$badfilter'], '+n.example'],
  ['badfilter of the rule leaves the exception', ['||m.example^', '||n.m.example^', '@@||n.m.example^', '||n.m.example^$badfilter'], '+m.example -n.m.example'],
  ['badfilter of an important rule', ['||n.example^$important', '@@||n.example^', '||n.example^$important,badfilter'], '-n.example'],
  ['badfilter, then important', ['||n.example^$important', '||n.example^$badfilter,important'], '-n.example'],
  ['badfilter without important leaves the important rule', ['||n.example^$important', '||n.example^$badfilter'], '+n.example'],
  ['badfilter of a bare name does not reach it', ['n.example', 'n.example$badfilter'], '+n.example'],
  ['a rule is not freed by an exception of pages', ['||n.example^', '@@||n.example^$document'], '+n.example'],
  ['nor of windows', ['||n.example^', '@@||n.example^$popup'], '+n.example'],
  ['nor of third parties', ['||n.example^', '@@||n.example^$third-party'], '+n.example'],
  ['nor of scripts', ['||n.example^', '@@||n.example^$script'], '+n.example'],
  ['nor of some pages', ['||n.example^', '@@||n.example^$domain=m.example'], '+n.example'],
];

const asked = (verdicts: string) => verdicts.split(' ').map((verdict) => [verdict.slice(1), verdict.startsWith('+')] as const);

describe('a list in AdGuard’s syntax means what its engine makes of it:', () => {
  test.each(MEASURED)('%s', async (_what, list, verdicts) => {
    const read = await readList('adblock', list);
    for (const [name, blocked] of asked(verdicts)) expect([name, read.blocks(name)]).toEqual([name, blocked]);
  });
});

describe('what a list of names cannot hold is refused with its reason, exceptions apart from rules:', () => {
  test.each([
    ['||*.github.io^', 'all below a name, but not the name', 0],
    ['@@||*.n.example^', 'exception, all below a name, but not the name', 1],
    ['||ads*.n.example^', 'wildcard in the host', 0],
    ['@@||n.*^', 'exception, wildcard in the host', 1],
    ['/^ads[0-9]+\\./', 'regular expression', 0],
    ['@@/^ads\\./$important', 'exception, regular expression', 1],
    ['||n.example/path', 'rule of more than a host', 0],
    ['||n.example', 'rule of more than a host', 0],
    ['n.example^', 'rule of more than a host', 0],
    ['@@||n.example/path', 'exception, rule of more than a host', 1],
    ['||n.example^$denyallow=x.n.example', 'option denyallow', 0],
    ['||n.example^$dnstype=AAAA', 'option dnstype', 0],
    ['||n.example^$client=127.0.0.1', 'option client', 0],
    ['||n.example^$ctag=device_phone', 'option ctag', 0],
    ['||n.example^$dnsrewrite=NXDOMAIN', 'option dnsrewrite', 0],
    ['@@||n.example^$dnsrewrite', 'exception, option dnsrewrite', 1],
    ['@@||n.example^$document', 'exception, option document', 1],
    ['@@||n.example^$popup', 'exception, option popup', 1],
    ['@@||n.example^$third-party', 'exception, option third-party', 1],
    ['@@||n.example^$important,all', 'exception, option all', 1],
    ['@@||co.uk^', 'public suffix', 1],
    ['203.0.113.1 n.example', 'address is no sinkhole', 0],
    [`@@||${'n'.repeat(64)}.example^`, 'label longer than 63 characters', 1],
    [`@@||${'n.'.repeat(124)}example^`, 'longer than 253 characters', 1],
  ])('%s', async (rule, reason, exceptions) => {
    const { entries, report, told, reasons } = await readList('adblock', [rule]);
    expect([entries, reasons]).toEqual([[], [reason]]);
    expect([report.counts.rejects + told.rejects, report.counts.exceptionsRefused]).toEqual([1, exceptions]);
  });

  test('comments of AdGuard’s lists, its machine’s own rows and placeholders are none of them', async () => {
    const { entries, report } = await readList('adblock', [
      '# comment',
      '! comment',
      '!#if (adguard)',
      '#',
      '127.0.0.1 localhost',
      '||n.example^$_,third-party,__',
      '||m.example^$3p',
    ]);
    expect(entries).toEqual(['block domain m.example subtree', 'block domain n.example subtree']);
    expect(report.counts).toMatchObject({ comments: 4, boilerplate: 1, rejects: 0 });
  });
});

describe('within one list', () => {
  test('every row is accounted for: an entry, a repeat, cancelled, refused or ignored', async () => {
    const { entries, report, told, repeats, reasons } = await readList('adblock', [
      '||n.example^',
      '||n.example^',
      '@@||n.example^|',
      '||x.n.example^$important',
      '@@||y.x.n.example^',
      '||m.example^',
      '||m.example^',
      '||l.example^',
      '||l.example^$badfilter',
      '||k.example^$badfilter',
      '|j.example^$important',
      '@@||j.example^',
      '||*.i.example^',
      '||*.github.io^',
    ]);
    expect(entries).toEqual([
      'allow domain i.example exact',
      'block domain i.example subtree',
      'block domain j.example exact',
      'allow domain j.example subtree',
      'block domain m.example subtree',
      'allow domain n.example subtree',
      'block domain x.n.example subtree',
    ]);
    expect([told.cancelled, told.made, repeats, report.counts.ignored, reasons]).toEqual([4, 1, 1, 2, ['all below a name, but not the name']]);
    expect([told.rejects, report.counts.exceptionsRefused]).toEqual([1, 0]);
    expect(report.counts.names).toBe(entries.length - told.made + repeats + told.cancelled + told.rejects + report.counts.rejects + report.counts.ignored);
  });

  test('two badfilter rules do not cancel each other, but what each names', async () => {
    const both = await readList('adblock', [
      '||n.example^',
      '@@||n.example^',
      '@@||n.example^$badfilter',
      '||n.example^$badfilter',
      '||m.example^$badfilter,badfilter',
      '||m.example^',
    ]);
    expect([both.entries, both.told.cancelled, both.report.counts.ignored]).toEqual([[], 3, 3]);
  });

  test('an exception longer than the names they block frees what is below it, and nothing else', async () => {
    const read = await readList('adblock', ['||n.example^', 'm.example', '@@||x.y.n.example^', '@@||x.m.example^']);
    expect(['n.example', 'y.n.example', 'x.y.n.example', 'z.x.y.n.example', 'm.example', 'x.m.example'].map(read.blocks)).toEqual([true, true, false, false, true, false]);
    expect([read.entries.length, read.told.cancelled, read.reasons]).toEqual([4, 0, []]);
  });

  test('options keep what they say of a rule that stays, and an exception frees a private public suffix with all below', async () => {
    const { entries } = await readList('adblock', ['||a.github.io^', '||github.io^', '@@||github.io^', '||b.example^$third-party', '||b.example^$popup,badfilter']);
    expect(entries).toEqual(['block domain b.example subtree', 'allow domain github.io exact']);
  });

  test.each(['$important,third-party', '$third-party,important', '$_,important', '$popup,important,doc'])(
    'important counts with other options in any order: %s',
    async (options) => {
      const { entries } = await readList('adblock', ['@@||n.example^', `||n.example^${options}`]);
      expect(entries).toEqual(['block domain n.example subtree']);
    },
  );

  test('addresses are freed by exceptions of themselves', async () => {
    expect((await readList('adblock', ['||203.0.113.9^', '||203.0.113.8^', '@@||203.0.113.9^|'])).entries).toEqual(['block ip 203.0.113.8 exact', 'allow ip 203.0.113.9 exact']);
  });

  test('more exceptions than can be held are no list, and it says so', async () => {
    const rules = ['@@||n.example^', '@@||m.example^', '@@||l.example^'];
    const { refusal } = await readList('adblock', rules, { maxExceptions: 2 });
    expect(refusal).toBe('more than 2 exceptions, which have to be held in memory to be applied');
    expect((await readList('adblock', rules, { maxExceptions: 3 })).refusal).toBeNull();
    const off = Array.from({ length: 100_000 }, (_, i) => `||n${i}.example^$badfilter`);
    expect((await readList('adblock', off)).refusal).toBe('100000 badfilter rules or more, which have to be held in memory to be applied');
  });

  test('whatever the rules and their order, what stands blocks what the engine’s precedence says', async () => {
    const name = fc.constantFrom('a.example', 'b.a.example', 'c.b.a.example', 'd.a.example', 'f.example');
    const rule = fc.record({ allow: fc.boolean(), wide: fc.boolean(), name, important: fc.boolean(), badfilter: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) });
    const text = (r: { allow: boolean; wide: boolean; name: string; important: boolean; badfilter: boolean }) => {
      const options = [...(r.important ? ['important'] : []), ...(r.badfilter ? ['badfilter'] : [])].join(',');
      return `${r.allow ? '@@' : ''}${r.wide ? '||' : '|'}${r.name}^${options === '' ? '' : `$${options}`}`;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (rules, runEntries) => {
        const read = await readList('adblock', rules.map(text), { runEntries });
        const off = new Set(rules.filter((r) => r.badfilter).map((r) => text({ ...r, badfilter: false })));
        const on = rules.filter((r) => !r.badfilter && !off.has(text(r)));
        const strength = (asked: string, allow: boolean) => {
          const hits = on.filter((r) => r.allow === allow && (r.name === asked || (r.wide && asked.endsWith(`.${r.name}`))));
          return hits.length === 0 ? 0 : hits.some((r) => r.important) ? 2 : 1;
        };
        for (const asked of ['a.example', 'b.a.example', 'c.b.a.example', 'e.c.b.a.example', 'd.a.example', 'f.example']) {
          const blocked = strength(asked, false) > strength(asked, true);
          expect([asked, read.blocks(asked)]).toEqual([asked, blocked]);
        }
        expect(read.repeats).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
