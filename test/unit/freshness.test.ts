import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MONITOR } from '../../contracts/metrics.js';
import { findDataset, findSource } from '../../datasets/index.js';
import { type FreshnessDeps, lookAtFreshness, type SourceStatus } from '../../lambdas/monitor/freshness-health.js';
import type { Looked } from '../../lambdas/monitor/health.js';
import type { KafkaProbe } from '../../lambdas/monitor/kafka-health.js';
import { formerLook, keptLooks, type Look } from '../../lambdas/monitor/pace.js';
import { ageOf } from '../../lambdas/monitor/waiting.js';
import { metric } from '../../lambdas/shared/metrics.js';
import { metricNamed } from '../support/metric-named.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;

/** A topic of one partition: the times at which its records came. */
function topicOf(times: readonly number[], first = 0): Pick<KafkaProbe, 'range' | 'offsetsAt'> {
  return {
    range: async () => ({ begins: { 0: first }, ends: { 0: first + times.length } }),
    offsetsAt: async (_topic, time) => {
      const found = times.findIndex((each) => each >= time);
      return { 0: first + (found < 0 ? times.length : found) };
    },
  };
}
const probe = (of: Partial<KafkaProbe>): KafkaProbe => of as KafkaProbe;

describe('the age of a layer', () => {
  test('is that of the oldest record that waits, to a twentieth', () => {
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 6 * 24 * 3600 }), { minLength: 1, maxLength: 20 }), fc.nat(20), async (seconds, read) => {
        const times = seconds.map((ago) => NOW - ago * 1000).sort((a, b) => a - b);
        const next = Math.min(read, times.length);
        const { offsetsAt } = topicOf(times);
        const age = await ageOf({ 0: next }, { 0: times.length }, (time) => offsetsAt('t', time), NOW, 7 * 24 * 3600_000);
        const oldest = times[next];
        if (oldest === undefined) expect(age).toBe(0);
        else {
          expect(age).toBeGreaterThanOrEqual(NOW - oldest - 1_000);
          expect(age).toBeLessThanOrEqual(Math.max((NOW - oldest) * 1.06, NOW - oldest + 15_000));
        }
      }),
    );
  });
});

describe('freshness', () => {
  const dataset = findDataset('source_checks');
  const { source } = findSource('stevenblack');
  const look = (deps: Partial<FreshnessDeps>, status: SourceStatus = { lastGoodAt: NOW - MINUTE, lastOutcome: 'unchanged' }) =>
    lookAtFreshness([dataset], {
      probe: probe(topicOf([])),
      positions: {},
      now: NOW,
      oldestIn: async () => null,
      offsetsAfter: async () => null,
      former: null,
      sources: [source],
      statusOf: async () => status,
      awakeSince: 0,
      firstRunAt: NOW - 10 * MINUTE,
      ...deps,
    });
  const minutes = ({ metrics }: Looked, layer: string) => metricNamed(metrics, 'FreshnessMinutes', { Layer: layer });

  test('an empty topic is fresh, and so is one whose records are all there, however old', async () => {
    expect((await look({})).findings.every(({ state }) => state === 'ok')).toBe(true);
    const at = { at: NOW, offsets: { 0: 2 } };
    const looked = await look({
      probe: probe(topicOf([NOW - 900 * MINUTE, NOW - 800 * MINUTE])),
      positions: { 'bronze.source_checks': at, 'silver.source_checks': { ...at, version: 3 }, 'gold.source_status': { at: NOW, version: [3, 0] } },
    });
    expect(['bronze', 'silver', 'gold'].map((layer) => minutes(looked, layer))).toEqual([0, 0, 0]);
  });
  test('a record that Silver lacks ages Silver and Gold, not Bronze; past the limit it fails', async () => {
    const looked = await look({
      probe: probe(topicOf([NOW - 900 * MINUTE, NOW - 70 * MINUTE])),
      positions: { 'bronze.source_checks': { at: NOW, offsets: { 0: 2 } }, 'silver.source_checks': { at: NOW, offsets: { 0: 1 } } },
    });
    expect(minutes(looked, 'bronze')).toBe(0);
    expect(minutes(looked, 'silver')).toBeGreaterThan(69);
    const states = looked.findings.filter(({ subject }) => subject.endsWith('source_checks')).map(({ state }) => state);
    expect(states, 'Gold may be 120 minutes old').toEqual(['ok', 'failed', 'ok']);
    expect(metricNamed(looked.metrics, 'LagRecords', { Layer: 'silver' })).toBe(1);
  });
  describe('of a layer that catches up', () => {
    const look60 = (behind: number): Look => ({
      at: NOW - MINUTE,
      metrics: [metric(MONITOR.topicRecords, 4, { Dataset: 'source_checks' }), metric(MONITOR.lagRecords, behind, { Dataset: 'source_checks', Layer: 'silver' })],
    });
    const silver = async (age: number, former: Look | null) => {
      const looked = await look({
        probe: probe(topicOf([NOW - 900 * MINUTE, NOW - 899 * MINUTE, NOW - age * MINUTE, NOW - age * MINUTE])),
        positions: { 'bronze.source_checks': { at: NOW, offsets: { 0: 4 } }, 'silver.source_checks': { at: NOW, offsets: { 0: 2 } } },
        former,
      });
      return { ...looked, finding: looked.findings.find(({ subject }) => subject === 'silver source_checks') };
    };
    test('within its limit it is well, and says how far it is', async () => {
      const { finding, metrics, summary } = await silver(50, look60(4));
      expect(finding).toMatchObject({ state: 'ok', message: expect.stringMatching(/^the oldest record that waits is 5\d(\.\d)? min old; 2 behind, 0\.03 a second, 60 s left$/) });
      expect(metricNamed(metrics, 'FreshnessPercent')).toBeLessThan(100);
      expect(metricNamed(metrics, 'SecondsLeft', { Layer: 'silver' })).toBe(60);
      expect(summary).toBe('1 datasets and 1 sources are fresh');
    });
    test('over its limit it is degraded, and says when it will be done; the alarm speaks', async () => {
      const { finding, metrics, summary } = await silver(70, look60(4));
      expect(finding).toMatchObject({ state: 'degraded', message: expect.stringMatching(/; the contract allows 60 min; 2 behind, .*60 s left$/) });
      expect(metricNamed(metrics, 'FreshnessPercent')).toBeGreaterThan(100);
      expect(summary).toBe('silver source_checks');
    });
    test('where nothing moves it has failed past its limit, and says so before', async () => {
      const [before, late] = [await silver(50, look60(2)), await silver(70, look60(2))];
      expect([before.finding?.state, late.finding?.state]).toEqual(['ok', 'failed']);
      for (const { finding } of [before, late]) expect(finding?.message).toMatch(/2 behind, 0 a second, time left unknown: nothing has moved for 1 min$/);
      expect(metricNamed(late.metrics, 'SecondsLeft', { Layer: 'silver' })).toBeUndefined();
    });
    test('its rate is that between what two looks measured', async () => {
      const at = (offset: number) => ({ 'bronze.source_checks': { at: NOW, offsets: { 0: offset } }, 'silver.source_checks': { at: NOW, offsets: { 0: offset } } });
      const topic = probe(topicOf([1, 2, 3, 4, 5, 6].map((ago) => NOW - (10 - ago) * MINUTE)));
      const before = await look({ probe: topic, positions: at(1), now: NOW - MINUTE });
      const former = formerLook(keptLooks([], { at: NOW - MINUTE, metrics: before.metrics }, 10 * MINUTE), NOW);
      const { metrics } = await look({ probe: topic, positions: at(4), former });
      const of = (name: string) => ['bronze', 'silver', 'gold'].map((Layer) => metricNamed(metrics, name, { Layer }));
      expect([of('LagRecords'), of('RecordsPerSecond'), of('SecondsLeft')]).toEqual([[2, 2, 2], Array(3).fill(3 / 60), Array(3).fill(40)]);
    });
    test('a quiet topic whose next record has just come is not late, however old what the layer holds', async () => {
      expect((await silver(0.1, look60(0))).finding).toMatchObject({ state: 'ok', message: expect.stringMatching(/2 behind, time left unknown$/) });
    });
  });
  test('Gold lacks what Silver lacks, and what came behind the commit that it has read', async () => {
    const asked: unknown[] = [];
    const looked = await look({
      probe: probe(topicOf([1, 2, 3, 4, 5], 10)),
      oldestIn: async () => NOW,
      offsetsAfter: async (_dataset, version, partitions) => {
        asked.push([version, partitions]);
        return { 0: 12 };
      },
      positions: { 'silver.source_checks': { at: NOW, offsets: { 0: 14 }, version: 7 }, 'gold.source_status': { at: NOW, version: [5, 0] } },
    });
    expect([metricNamed(looked.metrics, 'LagRecords', { Layer: 'silver' }), metricNamed(looked.metrics, 'LagRecords', { Layer: 'gold' })]).toEqual([1, 3]);
    expect(asked).toEqual([[5, ['0']]]);
  });
  test('one value tells of the layer that does worst, of what it may be; one of each layer, of all datasets', async () => {
    const looked = await look({ probe: probe(topicOf([NOW - 90 * MINUTE])), positions: { 'bronze.source_checks': { at: NOW, offsets: { 0: 1 } } } });
    expect(metricNamed(looked.metrics, 'FreshnessPercent')).toBeCloseTo(150, -1);
    expect(metricNamed(looked.metrics, 'LayerFreshnessMinutes', { Layer: 'silver' })).toBe(minutes(looked, 'silver'));
    expect(metricNamed(looked.metrics, 'LayerFreshnessMinutes', { Layer: 'bronze' })).toBe(0);
  });
  test('what waits while the jobs rest as planned is not held against them; after they woke, from then on', async () => {
    const waiting = (awakeSince: number | null) => look({ probe: probe(topicOf([NOW - 300 * MINUTE])), awakeSince });
    const resting = await waiting(null);
    expect(metricNamed(resting.metrics, 'FreshnessPercent')).toBe(0);
    expect(resting.findings[0]).toMatchObject({ state: 'skipped', message: expect.stringMatching(/5(\.\d)? h old; the jobs rest, as their daily window wants$/) });
    // Its topic's retention does not rest.
    expect(metricNamed(resting.metrics, 'LagRetentionPercent')).toBeGreaterThan(0);
    const awake = async (ago: number) => (await waiting(NOW - ago * MINUTE)).findings.slice(0, 3).map(({ state }) => state);
    expect([await awake(10), await awake(40), await awake(150)]).toEqual([
      ['ok', 'ok', 'ok'],
      ['failed', 'ok', 'ok'],
      ['failed', 'failed', 'failed'],
    ]);
  });
  test('Gold ages with the oldest record of the first commit of Silver that it has not read', async () => {
    const at = { at: NOW, offsets: { 0: 2 } };
    const asked: number[][] = [];
    const oldestIn = async (_: unknown, from: number, to: number) => {
      asked.push([from, to]);
      return NOW - 130 * MINUTE;
    };
    const goldAt = (version: [number, number]) =>
      look({
        probe: probe(topicOf([1, 2])),
        oldestIn,
        positions: { 'bronze.source_checks': at, 'silver.source_checks': { ...at, version: 7 }, 'gold.source_status': { at: NOW, version } },
      });
    expect(minutes(await goldAt([7, 3]), 'gold'), 'version 7 is read').toBe(0);
    expect(minutes(await goldAt([8, -1]), 'gold'), 'before the files of 8').toBe(0);
    expect(minutes(await goldAt([7, -1]), 'gold'), 'before the files of 7').toBe(130);
    expect(minutes(await goldAt([4, 2]), 'gold')).toBe(130);
    expect(asked).toEqual([
      [7, 7],
      [5, 7],
    ]);
  });
  test('what retention has taken does not wait any more', async () => {
    const looked = await look({ probe: probe(topicOf([], 50)), positions: { 'bronze.source_checks': { at: NOW, offsets: { 0: 3 } } } });
    expect(metricNamed(looked.metrics, 'LagRecords', { Layer: 'bronze' })).toBe(0);
  });
  test.each<[string, SourceStatus, string, RegExp]>([
    ['whose checks find nothing new', { lastGoodAt: NOW - 30 * MINUTE, lastOutcome: 'not_modified' }, 'ok', /last good check 30 min ago/],
    ['that is silent', { lastGoodAt: NOW - 181 * MINUTE, lastOutcome: 'failed', lastReason: 'status 503' }, 'failed', /due every 60 min \(status 503\)/],
    ['that fails for now', { lastGoodAt: NOW - 61 * MINUTE, lastOutcome: 'failed', lastReason: 'status 503' }, 'degraded', /its last check failed/],
    ['that was refused', { lastGoodAt: NOW - 61 * MINUTE, lastOutcome: 'refused', lastReason: 'the body is HTML' }, 'degraded', /sluice release stevenblack/],
    ['that is paused', { lastGoodAt: 0, paused: true }, 'skipped', /paused by an operator/],
    ['that was never checked, on a young lake', {}, 'ok', /no good check yet/],
  ])('a source %s', async (_, status, state, message) => {
    const finding = (await look({}, status)).findings.find(({ subject }) => subject === 'source stevenblack');
    expect([finding?.state, finding?.message]).toEqual([state, expect.stringMatching(message)]);
  });
  test('a source is overdue in its own cadences, and a refusal is told until it is mended', async () => {
    const looked = await look({}, { lastGoodAt: NOW - 240 * MINUTE, lastOutcome: 'refused' });
    expect(metricNamed(looked.metrics, 'SourceOverdue')).toBe(4);
    expect(metricNamed(looked.metrics, 'BodyRefused')).toBe(1);
    expect(metricNamed((await look({}, { paused: true, lastOutcome: 'ok' })).metrics, 'SourceOverdue')).toBe(0);
  });
});
