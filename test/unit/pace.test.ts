import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MONITOR } from '../../contracts/metrics.js';
import { courseInWords, formerLook, keptLooks, type Look, paceInWords, paceOf } from '../../lambdas/monitor/pace.js';
import { metric } from '../../lambdas/shared/metrics.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const lookAt = (at: number, taken: number, behind: number): Look => ({
  at,
  metrics: [metric(MONITOR.topicRecords, taken, { Dataset: 'd' }), metric(MONITOR.lagRecords, behind, { Dataset: 'd', Layer: 'gold' })],
});
const pace = (behind: number | null, taken: number, former: Look | null, age = 20 * MINUTE) =>
  paceOf('d', { layer: 'gold', ms: behind === 0 ? 0 : age, behind }, taken, former, NOW);

describe('the pace of a layer', () => {
  test('is what was dealt with between two looks, of what came meanwhile, too', () => {
    expect(pace(400_000, 1_100_000, lookAt(NOW - 100 * SECOND, 1_000_000, 500_000))).toEqual({
      course: 'catching up',
      behind: 400_000,
      perSecond: 2_000,
      secondsLeft: 200,
    });
  });
  test('is what was dealt with by the second, whatever came', () => {
    const counts = fc.record({ before: fc.nat(1_000_000), came: fc.nat(1_000_000), dealt: fc.nat(1_000_000), seconds: fc.integer({ min: 45, max: 3600 }) });
    fc.assert(
      fc.property(counts, ({ before, came, dealt, seconds }) => {
        const done = Math.min(dealt, before + came);
        const { perSecond, secondsLeft, behind } = pace(before + came - done, 5_000_000 + came, lookAt(NOW - seconds * SECOND, 5_000_000, before));
        expect(perSecond).toBeCloseTo(done / seconds, 6);
        if (behind === 0) expect(secondsLeft).toBe(0);
        else if (done === 0) expect(secondsLeft).toBeNull();
        else expect(Number(secondsLeft) * Number(perSecond)).toBeCloseTo(Number(behind), 3);
      }),
    );
  });
  test.each<[string, ReturnType<typeof pace>, string, string]>([
    ['where nothing waits', pace(0, 10, null), 'complete', ''],
    ['where it comes on', pace(1_234, 2_000, lookAt(NOW - MINUTE, 2_000, 1_804)), 'catching up', '1,234 behind, 9.5 a second, 2.2 min left'],
    ['where as many come', pace(600, 2_600, lookAt(NOW - MINUTE, 2_000, 600)), 'falling behind', '600 behind, 10 a second, 60 s left: as many came in 1 min, or more'],
    ['where nothing moves', pace(600, 2_000, lookAt(NOW - MINUTE, 2_000, 600)), 'stuck', '600 behind, 0 a second, time left unknown: nothing has moved for 1 min'],
    ['where what waits has only just come', pace(1, 2_001, lookAt(NOW - MINUTE, 2_000, 0), 30 * SECOND), 'unknown', '1 behind, 0 a second, time left unknown'],
    ['at the first look', pace(600, 2_000, null), 'unknown', '600 behind, time left unknown'],
    ['of a table that was set back', pace(900, 2_000, lookAt(NOW - MINUTE, 2_000, 600)), 'unknown', '900 behind, time left unknown'],
    ['of a topic that was made anew', pace(10, 10, lookAt(NOW - MINUTE, 2_000, 600)), 'unknown', '10 behind, time left unknown'],
    ['where the log does not say', pace(null, 10, lookAt(NOW - MINUTE, 2_000, 600)), 'unknown', 'how many wait is unknown, time left unknown'],
  ])('in words, %s', (_, found, course, words) => {
    expect([found.course, courseInWords(found, true, lookAt(NOW - MINUTE, 0, 0), NOW)]).toEqual([course, words]);
  });
  test('says of a layer that is in time nothing of what comes', () => {
    expect(courseInWords(pace(600, 2_600, lookAt(NOW - MINUTE, 2_000, 600)), false, lookAt(NOW - MINUTE, 0, 0), NOW)).toBe('600 behind, 10 a second, 60 s left');
    expect(paceInWords({ behind: 2_000_000, perSecond: 100, secondsLeft: 20_000 })).toBe('2,000,000 behind, 100 a second, 5.6 h left');
  });
});

describe('the looks that are kept', () => {
  const ago = (seconds: number) => lookAt(NOW - seconds * SECOND, 1, 1);
  const agesOf = (looks: readonly Look[]) => looks.map(({ at }) => (NOW - at) / SECOND);
  const keep = (...seconds: number[]) => agesOf(keptLooks(seconds.map(ago), lookAt(NOW, 1, 1), 120 * SECOND));

  test('one is held against the newest that is not too young: no batch ends within a few seconds', () => {
    expect(formerLook([ago(90), ago(60), ago(10)], NOW)?.at).toBe(NOW - 60 * SECOND);
    expect(formerLook([ago(10)], NOW)).toBeNull();
  });
  test('are that one and the later ones, with this one; not one of long ago', () => {
    expect(keep(90, 60, 20)).toEqual([60, 20, 0]);
    expect(keep(500)).toEqual([0]);
    expect(keep()).toEqual([0]);
  });
  test('are few, however often one looks, and each is held against an older one', () => {
    let looks: readonly Look[] = [];
    for (let at = 0; at < 300; at += 2) {
      looks = keptLooks(looks, lookAt(NOW + at * SECOND, 1, 1), 120 * SECOND);
      expect(looks.length).toBeLessThanOrEqual(6);
      if (at > 60) expect(formerLook(looks, NOW + (at + 2) * SECOND)).not.toBeNull();
    }
  });
  test('hold of what was measured what rates need, and are none where freshness could not be looked at', () => {
    const run = metric(MONITOR.run, 1);
    expect(keptLooks([], { at: NOW, metrics: [run] }, MINUTE)).toEqual([]);
    expect(keptLooks([], { ...lookAt(NOW, 1, 1), metrics: [run, ...lookAt(NOW, 1, 1).metrics] }, MINUTE)).toEqual([lookAt(NOW, 1, 1)]);
  });
});
