import { describe, expect, test } from 'vitest';
import { MONITOR } from '../../contracts/metrics.js';
import { findDataset } from '../../datasets/index.js';
import { sourceChecks } from '../../datasets/source_checks/contract.js';
import { lookAtCost } from '../../lambdas/monitor/cost-health.js';
import type { HealthName, Looked } from '../../lambdas/monitor/health.js';
import { lookAtJobs } from '../../lambdas/monitor/jobs-health.js';
import { type KafkaProbe, lookAtKafka, type TopicState } from '../../lambdas/monitor/kafka-health.js';
import { type MonitorDeps, monitor, type Report } from '../../lambdas/monitor/monitor.js';
import { lookAtQuality } from '../../lambdas/monitor/quality-health.js';
import { embeddedLines, type MetricValue, metric } from '../../lambdas/shared/metrics.js';
import type { Published } from '../../lambdas/shared/published.js';
import { publishedOf } from '../support/ingest-fakes.js';
import { metricNamed } from '../support/metric-named.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;

const probe = (of: Partial<KafkaProbe>): KafkaProbe => of as KafkaProbe;

describe('the check of Kafka', () => {
  const dataset = sourceChecks;
  const good: TopicState = { name: dataset.name, partitions: 1, leaderless: [], retentionMs: dataset.topic.retentionHours * 3600_000 };
  const look = (topics: TopicState[], roundTrip = async () => 12) =>
    lookAtKafka(probe({ topics: async () => topics, roundTrip }), [dataset], { topic: 't', record: { key: null, value: null, headers: {} } });
  test.each<[string, TopicState[], string, RegExp]>([
    ['as contracted', [good], 'ok', /1 partitions, all led/],
    ['missing', [], 'failed', /no such topic/],
    ['without a leader', [{ ...good, leaderless: [0] }], 'failed', /partition 0 has no leader/],
    ['of other partitions', [{ ...good, partitions: 2 }], 'failed', /2 partitions, the contract says 1/],
    ['of another retention', [{ ...good, retentionMs: 3600_000 }], 'degraded', /keeps 1 h/],
  ])('a topic %s', async (_, topics, state, message) => {
    expect((await look(topics)).findings[0]).toMatchObject({ state, message: expect.stringMatching(message) });
  });
  test('fails where a record does not come back', async () => {
    await expect(look([good], () => Promise.reject(new Error('did not come back')))).rejects.toThrow('did not come back');
  });
});

describe('the check of jobs', () => {
  const run = (state: string, startedAt = NOW - 60 * MINUTE) => ({
    id: 'r',
    state,
    fingerprint: 'x',
    startedAt,
    endedAt: null,
    error: state === 'FAILED' ? 'the driver died' : null,
  });
  const look = (runs: ReturnType<typeof run>[], at: number | null, wanted = true) =>
    lookAtJobs([{ name: 'j', runs, wanted, positions: at === null ? {} : { 'silver.d': { at } } }], NOW).findings[0];
  test.each<[string, ReturnType<typeof look>, string, RegExp]>([
    ['runs', look([run('RUNNING')], NOW - MINUTE), 'ok', /slowest query spoke 1 min ago/],
    ['is not running', look([run('FAILED')], NOW), 'failed', /ended as FAILED: the driver died/],
    ['is stopped as wanted', look([run('STOPPED')], NOW, false), 'skipped', /as an operator wants it/],
    ['hangs', look([run('RUNNING')], NOW - 11 * MINUTE), 'failed', /silver\.d said nothing for 11 min/],
    ['is young, and its positions are those of the run before', look([run('RUNNING', NOW - MINUTE)], NOW - 90 * MINUTE), 'ok', /runs since 1 min/],
  ])('a job that %s', (_, finding, state, message) => {
    expect(finding).toMatchObject({ state, message: expect.stringMatching(message) });
  });
});

describe('the check of quality', () => {
  const answers = (given: Record<string, (string | null)[][]>) => async (sql: string) => Object.entries(given).find(([part]) => sql.includes(part))?.[1] ?? [];
  const look = (given: Record<string, (string | null)[][]>, runs: readonly Published[] = [], awakeSince: number | null = 0) =>
    lookAtQuality([findDataset('harmful_domains')], {
      sql: answers(given),
      now: NOW,
      firstRunAt: NOW - 300 * MINUTE,
      everyMinutes: 15,
      awakeSince,
      published: publishedOf({ published: new Map([['stevenblack', new Map(runs.map((each) => [each.runId, each]))]]) }, async (_step, action) => action()),
      bronzeAge: async () => 0,
    });
  const seconds = (ago: number) => String((NOW - ago * MINUTE) / 1000);
  const canary = { 'any_match(headers': [[seconds(1), seconds(2), seconds(3)]] };
  test('is content where all is accounted for', async () => {
    const looked = await look({ ...canary, 'sum(abs(residual))': [['harmful_domains', '1000', '20', '0']] });
    expect(looked.findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(metricNamed(looked.metrics, 'CanaryAgeMinutes', { Layer: 'gold' })).toBe(3);
  });
  test('tells of the canaries how old the worst layer is, of what it may be; not what waited while the jobs rested', async () => {
    const old = { 'any_match(headers': [[seconds(1), seconds(2), seconds(330)]] };
    const percent = async (awakeSince: number | null) => metricNamed((await look(old, [], awakeSince)).metrics, 'CanaryAgePercent');
    // Gold may be 120 minutes old, and two canaries may be missed.
    expect([await percent(0), await percent(null), await percent(NOW - 33 * MINUTE)]).toEqual([200, 0, 20]);
  });
  test('names what is not: rate with its rules, residual, gaps, runs that lack records, a canary that does not come', async () => {
    const given = {
      'sum(abs(residual))': [['harmful_domains', '1000', '50', '1']],
      'AS before': [['harmful_domains', '2']],
      'FROM quarantine': [['harmful_domains', 'malformed', '50']],
      'sluice-run': [['run-7', '8']],
      'any_match(headers': [[seconds(1), null, seconds(400)]],
    };
    const looked = await look(given, [{ runId: 'run-7', at: NOW - 60 * MINUTE, produced: 10, parts: [], tries: 3, askedAt: null }]);
    expect(looked.findings.map(({ subject, state, message }) => [subject, state, message])).toEqual([
      ['records of harmful_domains', 'degraded', '50 of 1000 records of the last day quarantined (malformed 50)'],
      ['ledger of harmful_domains', 'failed', '1 records of the last day are in no count'],
      ['offsets of harmful_domains', 'failed', '2 gaps between the batches of the last week'],
      ['run run-7', 'failed', 'stevenblack sent 10 records, bronze.harmful_domains holds 8; sent again 3 times, in vain'],
      ['canary in bronze harmful_domains', 'ok', 'the newest is 1 min old'],
      ['canary in silver harmful_domains', 'failed', 'none has arrived yet'],
      ['canary in gold harmful_domains', 'failed', 'the newest is 6.7 h old'],
    ]);
    expect([metricNamed(looked.metrics, 'OffsetGaps'), metricNamed(looked.metrics, 'RunsShort')]).toEqual([2, 1]);
  });
});

describe('the check of cost', () => {
  const look = (usd: number | null, monthlyBudget: number | null = 100, billed = true) => lookAtCost({ billed, monthlyBudget, charges: async () => usd, now: NOW });
  test('holds the month so far against the budget', async () => {
    expect((await look(50)).findings[0]?.state).toBe('ok');
    expect((await look(95)).findings[0]).toMatchObject({ state: 'degraded', message: expect.stringContaining('about 112 USD by its end') });
    expect((await look(101)).findings[0]?.state).toBe('failed');
    expect((await look(50, null)).summary).toBe('50.00 USD this month');
    expect((await look(null)).findings[0]?.state).toBe('skipped');
    expect((await look(1, 1, false)).summary).toBe('this machine is not billed');
  });
});

describe('the monitor', () => {
  const well = async (): Promise<Looked> => ({ summary: 'well', findings: [{ subject: 'x', state: 'ok', message: '' }], metrics: [] });
  const layers = async (): Promise<Looked> => ({
    summary: 'fresh',
    findings: ['bronze', 'silver', 'gold'].map((layer) => ({ subject: `${layer} d`, state: 'ok', message: '' })),
    metrics: [],
  });
  const perform = async (looks: Partial<Record<HealthName, () => Promise<Looked>>>, tell = async () => undefined) => {
    const emitted: MetricValue[] = [];
    const kept: Report[] = [];
    const deps: MonitorDeps = {
      runId: 'r',
      clock: () => NOW,
      looks: { storage: well, kafka: well, jobs: well, freshness: layers, quality: well, cost: well, ...looks },
      emit: (metrics) => emitted.push(...metrics),
      tell,
      keep: async (report) => void kept.push(report),
      lookMs: 50,
    };
    return { report: await monitor(deps), emitted, kept };
  };

  test('says of everything that it is well, and that it ran', async () => {
    const { report, emitted, kept } = await perform({});
    expect([report.state, metricNamed(emitted, 'MonitorRun'), metricNamed(emitted, 'FailedChecks'), metricNamed(emitted, 'PipelineHealth')]).toEqual(['ok', 1, 0, 100]);
    expect(kept).toEqual([report]);
  });
  test('a check that throws or does not end hides no other, and the metrics arrive where Kafka does not', async () => {
    const away = () => Promise.reject(new Error('broker away'));
    const { report, emitted } = await perform({ kafka: away, freshness: away, jobs: () => new Promise(() => undefined) }, away);
    const states = Object.fromEntries(report.checks.map(({ check, state }) => [check, state]));
    expect(states).toEqual({ storage: 'ok', kafka: 'failed', jobs: 'failed', freshness: 'failed', quality: 'ok', cost: 'ok' });
    expect(report.health).toEqual({ Storage: 1, Kafka: 0, Spark: 0, Bronze: 0, Silver: 0, Gold: 0 });
    expect([metricNamed(emitted, 'CheckFailing', { Check: 'kafka' }), metricNamed(emitted, 'CheckFailing', { Check: 'storage' }), metricNamed(emitted, 'MonitorRun')]).toEqual([
      1, 0, 1,
    ]);
    expect(report.untold).toBe('broker away');
  });
});

describe('what goes to CloudWatch', () => {
  const told = (metrics: readonly MetricValue[], before: (metric: MetricValue) => number | undefined = () => undefined) =>
    embeddedLines('n', metrics, 1, before).map((line) => {
      const { _aws, ...fields } = JSON.parse(line) as { _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] } };
      return { fields, metrics: _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => Metrics.map(({ Name }) => [Name, ...Dimensions.flat()].join(' '))) };
    });
  const late = (value: number) => metric(MONITOR.freshnessPercent, value, { Dataset: 'd' });

  test('metrics of one set of dimensions share a line; a detail is a field of it, and no metric', () => {
    expect(told([late(120), metric(MONITOR.canaryPercent, 10, { Dataset: 'd' }), metric(MONITOR.run, 1), metric(MONITOR.failedChecks, 0)])).toEqual([
      { fields: { Dataset: 'd', FreshnessPercent: 120, CanaryAgePercent: 10 }, metrics: ['FreshnessPercent Dataset', 'CanaryAgePercent Dataset'] },
      { fields: { MonitorRun: 1, FailedChecks: 0 }, metrics: ['MonitorRun'] },
    ]);
    expect(told([metric(MONITOR.tableFiles, 3, { Dataset: 't', Layer: 'gold' })])).toEqual([{ fields: { Dataset: 't', Layer: 'gold', TableFiles: 3 }, metrics: [] }]);
  });
  test('what is told only while it is wrong is told then, once more when it no longer is, and where nobody knows what it was', () => {
    const series = (value: number, before: number | undefined) => told([late(value)], () => before)[0]?.metrics.length;
    expect([series(120, 10), series(120, 120), series(100, 120), series(10, undefined), series(10, 100), series(10, 10)]).toEqual([1, 1, 1, 1, 0, 0]);
  });
  test('a metric that is not declared, or is told of something else, is refused: nobody would have counted it', () => {
    expect(() => told([{ name: 'Surprise', dimensions: {}, value: 1, unit: 'Count' }])).toThrow(/metric "Surprise" is not declared: add it to contracts\/metrics\.ts/);
    expect(() => told([{ ...late(1), dimensions: { Dataset: 'd', Layer: 'gold' } }])).toThrow(/"FreshnessPercent" is told of Dataset, not of Dataset, Layer/);
  });
});
