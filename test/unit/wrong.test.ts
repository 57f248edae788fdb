import { describe, expect, test } from 'vitest';
import { INGEST, MONITOR } from '../../contracts/metrics.js';
import type { Report } from '../../lambdas/monitor/monitor.js';
import { beforeOf, wrongAt } from '../../lambdas/monitor/wrong.js';
import { isTold, metric } from '../../lambdas/shared/metrics.js';

const NOW = 1_000_000_000;
const MINUTE = 60_000;
const CLEAR = 30 * MINUTE;
const refused = (value: number) => metric(INGEST.refused, value, { Source: 'stevenblack' });
const reportOf = (at: Report['wrongAt'], value: number): Report => ({ metrics: [refused(value)], wrongAt: at }) as unknown as Report;

describe('a series that is told while it is wrong', () => {
  test('is remembered with its time, as long as it takes to clear, and no other is', () => {
    const at = wrongAt([refused(1), metric(MONITOR.health, 0, { Component: 'kafka' })], {}, NOW, CLEAR);
    expect(Object.values(at)).toEqual([NOW]);
    expect(wrongAt([refused(0)], at, NOW + CLEAR, CLEAR)).toEqual(at);
    expect(wrongAt([refused(0)], at, NOW + CLEAR + 1, CLEAR)).toEqual({});
    expect(Object.values(wrongAt([refused(1)], at, NOW + MINUTE, CLEAR))).toEqual([NOW + MINUTE]);
  });

  test('is told as good for so long, not once: an alarm that takes the maximum of the same period would not see one', () => {
    const at = wrongAt([refused(1)], {}, NOW, CLEAR);
    const told = (minutes: number, value = 0) => isTold(refused(value), beforeOf(reportOf(at, 0), NOW + minutes * MINUTE, CLEAR));
    expect([1, 15, 30, 31].map((minutes) => told(minutes))).toEqual([true, true, true, false]);
    expect(told(31, 1)).toBe(true);
    expect(isTold(refused(0), beforeOf(reportOf(undefined, 0), NOW, CLEAR))).toBe(false);
    expect(isTold(refused(0), beforeOf(null, NOW, CLEAR)), 'nobody knows what was').toBe(true);
  });
});
