import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Crash, checkList, fakeDeps, foldActive, hostsOf, run, World } from '../support/ingest-fakes.js';

const HOUR = 3_600_000;

describe('a run that is killed', () => {
  const lists = [
    ['a.example', 'b.example'],
    ['b.example', 'c.example'],
    ['b.example', 'd.example'],
  ];

  /** Steps that an unharmed run takes, in order. */
  async function steps(): Promise<string[]> {
    const world = new World();
    await checkList(world, lists[0] ?? []);
    world.body = hostsOf(lists[1] ?? []);
    const seen: string[] = [];
    await run(
      { source: 'stevenblack' },
      fakeDeps(world, (step) => void seen.push(step)),
    );
    return seen;
  }

  test('between any two of its steps loses nothing: what the next runs make of it is the same', async () => {
    const all = await steps();
    expect(all.length).toBeGreaterThan(12);
    for (let at = 0; at < all.length; at++) {
      const world = new World();
      await checkList(world, lists[0] ?? []);
      world.body = hostsOf(lists[1] ?? []);
      let n = 0;
      const fused = fakeDeps(world, () => {
        if (n++ === at) throw new Crash(`at step ${at}`);
      });
      await expect(run({ source: 'stevenblack' }, fused)).rejects.toThrow(Crash);
      world.now += HOUR;
      await checkList(world, lists[1] ?? []);
      expect(foldActive(world.sent('harmful_domains')), `killed ${all[at]}`).toEqual(['b.example', 'c.example']);
    }
  });

  test('a name listed by a run that crashed and gone at the next fetch ends as delisted', async () => {
    const all = await steps();
    for (let at = 0; at < all.length; at++) {
      const world = new World();
      await checkList(world, lists[0] ?? []);
      world.body = hostsOf(lists[1] ?? []);
      let n = 0;
      await run(
        { source: 'stevenblack' },
        fakeDeps(world, () => {
          if (n++ === at) throw new Crash('killed');
        }),
      ).catch(() => undefined);
      world.now += HOUR;
      await checkList(world, lists[2] ?? []);
      const records = world.sent('harmful_domains');
      expect(foldActive(records), `killed ${all[at]}`).toEqual(['b.example', 'd.example']);
      const ofC = records.filter(({ name }) => name === 'c.example');
      if (ofC.length > 0) expect(ofC.some(({ event }) => event === 'delisted')).toBe(true);
    }
  });

  test('whatever the lists and kills, the last list that got through is what stands', async () => {
    const name = fc.constantFrom('a.example', 'b.example', 'c.example', 'd.example', 'e.example');
    const round = fc.record({ list: fc.uniqueArray(name, { minLength: 1 }), killAt: fc.option(fc.nat(20), { nil: null }) });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), fc.uniqueArray(name, { minLength: 1 }), async (rounds, last) => {
        const world = new World();
        for (const { list, killAt } of rounds) {
          world.body = hostsOf(list);
          let n = 0;
          await run(
            { source: 'stevenblack' },
            fakeDeps(world, () => {
              if (n++ === killAt) throw new Crash('killed');
            }),
          ).catch((error) => {
            if (!(error instanceof Crash)) throw error;
          });
          world.now += HOUR;
        }
        await checkList(world, last);
        expect(foldActive(world.sent('harmful_domains'))).toEqual([...last].sort());
      }),
      { numRuns: 60 },
    );
  });
});
