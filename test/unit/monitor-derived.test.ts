import { describe, expect, test } from 'vitest';
import { compileContracts } from '../../contracts/compile.js';
import { defineDataset } from '../../contracts/index.js';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { type FreshnessDeps, lookAtFreshness } from '../../lambdas/monitor/freshness-health.js';
import type { Finding } from '../../lambdas/monitor/health.js';
import type { KafkaProbe } from '../../lambdas/monitor/kafka-health.js';
import { lookAtQuality } from '../../lambdas/monitor/quality-health.js';
import type { Positions } from '../../lambdas/monitor/waiting.js';
import { loadConfig } from '../../lib/config.js';
import { queriesOf, waitSeconds } from '../../lib/cost/streams.js';
import { alarmsOf } from '../../lib/monitoring/alarms.js';
import { metricNamed } from '../support/metric-named.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;

/** What each check of a source says of one outcome: rows made of source_checks, and a table of their own. */
const outcomes = defineDataset({
  name: 'check_outcomes',
  version: 1,
  owner: 'nobody',
  description: 'x',
  terms: 'x',
  derived: { from: 'source_checks' },
  record: { fields: { source: { type: 'string', description: 'x', example: 'x' }, outcome: { type: 'string', description: 'x', example: 'failed' } } },
  tables: [
    {
      layer: 'gold',
      name: 'outcomes_now',
      kind: 'state',
      writer: 'gold',
      description: 'x',
      key: ['source'],
      columns: { source: { type: 'string', description: 'x' } },
    },
  ],
  service: { triggerSeconds: 10, freshnessMinutes: { silver: 60, gold: 120 }, severity: 'ticket' },
});
const both = [sourceChecks, outcomes];

describe('freshness of a derived dataset', () => {
  const probe = (waitsSince: number | null): KafkaProbe =>
    ({
      range: async () => ({ begins: { 0: 0 }, ends: { 0: waitsSince === null ? 2 : 3 } }),
      offsetsAt: async (_topic: string, time: number) => ({ 0: waitsSince === null || time <= waitsSince ? 2 : 3 }),
    }) as unknown as KafkaProbe;
  const at = { at: NOW, offsets: { 0: 2 } };
  const read: Positions = {
    'bronze.source_checks': { at: NOW, offsets: { 0: 3 } },
    'silver.source_checks': { ...at, version: 7 },
    'gold.source_status': { at: NOW, version: [7, 0] },
    'silver.check_outcomes': { at: NOW, version: 4, read: { 'silver/source_checks@1': [7, 0] } },
    'gold.outcomes_now': { at: NOW, version: [4, 0] },
  };
  const look = async (positions: Positions, waitsSince: number | null, deps: Partial<FreshnessDeps> = {}) => {
    const { findings, metrics } = await lookAtFreshness(both, {
      probe: probe(waitsSince),
      positions,
      now: NOW,
      oldestIn: async () => NOW - 90 * MINUTE,
      offsetsAfter: async (_dataset, version) => ({ 0: version < 7 ? 1 : 2 }),
      former: null,
      sources: [],
      statusOf: async () => ({}),
      awakeSince: 0,
      firstRunAt: 0,
      ...deps,
    });
    const of = (layer: string) => findings.find(({ subject }) => subject === `${layer} check_outcomes`);
    const named = (name: string) => metrics.filter((each) => each.name === name && each.dimensions.Dataset === 'check_outcomes').map(({ dimensions }) => dimensions.Layer);
    const lag = (layer: string) => metricNamed(metrics, 'LagRecords', { Dataset: 'check_outcomes', Layer: layer });
    return { of, named, behind: lag };
  };
  const state = (finding: Finding | undefined) => finding?.state;

  test('is that of what it has not read of its parent, and of what waits for that', async () => {
    const fresh = await look(read, null);
    expect([state(fresh.of('silver')), state(fresh.of('gold'))]).toEqual(['ok', 'ok']);
    const behind = await look({ ...read, 'silver.check_outcomes': { at: NOW, version: 4, read: { 'silver/source_checks@1': [6, 2] } } }, null);
    expect(behind.of('silver')).toMatchObject({ state: 'failed', message: expect.stringMatching(/1.5 h old; the contract allows 60 min/) });
    expect(state(behind.of('gold')), 'Gold may be 120 minutes old').toBe('ok');
    expect([behind.behind('silver'), behind.behind('gold')], 'the records behind its parent’s version 7').toEqual([1, 1]);
    const before = await look(read, NOW - 70 * MINUTE);
    expect(state(before.of('silver')), 'its parent waits for a record').toBe('failed');
  });
  test('of Gold is that of its own Silver’s commits', async () => {
    const behind = await look({ ...read, 'gold.outcomes_now': { at: NOW, version: [3, 0] } }, null, {
      oldestIn: async ({ name }) => (name === 'check_outcomes' ? NOW - 130 * MINUTE : null),
    });
    expect([state(behind.of('silver')), state(behind.of('gold'))]).toEqual(['ok', 'failed']);
  });
  test('knows no Bronze and no topic', async () => {
    const looked = await look(read, null);
    expect(looked.of('bronze')).toBeUndefined();
    expect([looked.named('FreshnessMinutes'), looked.named('LagRecords'), looked.named('LagRetentionPercent')]).toEqual([['silver', 'gold'], ['silver', 'gold'], []]);
  });
  test('is nothing without its parent', async () => {
    await expect(lookAtFreshness([outcomes], { probe: probe(null), positions: {}, now: NOW } as FreshnessDeps)).rejects.toThrow(
      /check_outcomes is derived from source_checks, which is not among/,
    );
  });
});

describe('the quality of a derived dataset', () => {
  const seconds = (ago: number) => String((NOW - ago * MINUTE) / 1000);
  const look = async (canaries: readonly (string | null)[]) => {
    const asked: string[] = [];
    const looked = await lookAtQuality([outcomes], {
      sql: async (text) => {
        asked.push(text);
        if (text.includes('sum(abs(residual))')) return [['check_outcomes', '200', '20', '0']];
        return text.includes('ops.canaries') ? [canaries] : [];
      },
      now: NOW,
      firstRunAt: NOW - 30 * MINUTE,
      everyMinutes: 15,
      awakeSince: 0,
      published: { of: async () => [], add: async () => undefined, change: async () => undefined, remove: async () => undefined } as never,
      bronzeAge: async () => 0,
    });
    return { ...looked, asked };
  };
  test('holds what was set aside against the rows made, and has canaries where rows go', async () => {
    const { findings, metrics, asked } = await look([seconds(10), seconds(20), '1']);
    expect(asked[0]).toContain('coalesce(produced, "read")');
    expect(asked.at(-1)).toContain("FROM ops.canaries WHERE folded_by = 'gold.outcomes_now'");
    expect(asked.at(-1)).toContain('FROM (SELECT 1 FROM gold.outcomes_now LIMIT 1)');
    expect(asked.at(-1)).not.toContain('bronze');
    expect(findings.map(({ subject, state }) => [subject, state])).toEqual([
      ['records of check_outcomes', 'degraded'],
      ['canary in silver check_outcomes', 'ok'],
      ['canary in gold check_outcomes', 'ok'],
    ]);
    expect(metrics.filter(({ name }) => name === 'OffsetGaps')).toEqual([]);
  });
  test('says where a canary stopped', async () => {
    const { findings } = await look([seconds(1), null, '0']);
    expect(findings.at(-1)).toMatchObject({ subject: 'canary in gold check_outcomes', message: 'none has arrived yet' });
  });
});

describe('what a derived dataset needs', () => {
  test('is a query of Silver and one of each table, after its parent’s', () => {
    const config = loadConfig('local', {});
    expect(queriesOf(config, outcomes).map(({ name }) => name)).toEqual(['silver.check_outcomes', 'gold.outcomes_now']);
    expect(waitSeconds(config, outcomes)).toBeGreaterThan(waitSeconds(config, sourceChecks));
  });
  test('is no alarm of what only a topic can go through', () => {
    const kinds = alarmsOf({ config: loadConfig('dev', {}), datasets: both, jobs: [], deadLetterQueues: [], flowArn: 'x' });
    const of = (name: string) => kinds.filter(({ dataset }) => dataset === name).map(({ kind }) => kind);
    expect(of('check_outcomes')).toEqual(['freshness', 'canary', 'quarantine', 'ledger-residual']);
    expect(of('source_checks')).toEqual(expect.arrayContaining(['offset-gaps', 'retention']));
    expect(kinds.find(({ name }) => name === 'freshness-check-outcomes')?.says).toContain('in minutes: silver 60, gold 120.');
  });
  test('compiles with its parent alone', () => expect(compileContracts(both).datasets.map(({ derivedFrom }) => derivedFrom)).toEqual([null, 'source_checks']));
});
