import { describe, expect, test } from 'vitest';
import { templatesOf as synthesised } from '../../bin/templates.js';
import { type Dataset, defineDataset } from '../../contracts/index.js';
import { isOwnTable } from '../../contracts/tables.js';
import { harmfulDomains } from '../../datasets/harmful_domains/contract.js';
import { datasets, findDataset } from '../../datasets/index.js';
import { type Config, loadConfig } from '../../lib/config.js';
import { costOf } from '../../lib/cost/cost.js';
import { byDataset, type CostItem, total } from '../../lib/cost/item.js';
import { PRICES } from '../../lib/cost/prices.js';
import { resourceItems, type TemplateJson } from '../../lib/cost/resources.js';
import { streamItems, waitSeconds } from '../../lib/cost/streams.js';
import { synthesiseConfig } from '../support/templates.js';

/** What `bin/templates.ts` gives, synthesised once a run. */
const templatesOf = (config: Config, of: readonly Dataset[] = datasets): TemplateJson[] => {
  const { names, json } = synthesiseConfig(config, of);
  return names.map(json);
};
const cost = (config: Config, of: readonly Dataset[] = datasets) => costOf(config, templatesOf(config, of), 'us-east-1', of);
const of = (items: readonly CostItem[], service: string, what = /./) => items.filter((item) => item.service === service && what.test(item.what));
const usd = (items: readonly CostItem[]) => Math.round(total(items) * 100) / 100;

describe('what a stage costs a month', () => {
  const dev = loadConfig('dev', {});
  const templates = templatesOf(dev);
  /** Of settings that the templates do not say. */
  const costSo = (changed: Partial<Config>) => costOf({ ...dev, ...changed }, templates, 'us-east-1');
  const items = costSo({});

  test('doubles its Glue lines where the workers double, and no other line', () => {
    const two = cost({ ...dev, medallion: { ...dev.medallion, workers: dev.medallion.workers * 2 } });
    expect(total(of(two, 'Glue'))).toBeCloseTo(2 * total(of(items, 'Glue')));
    for (const service of new Set(items.map((item) => item.service))) if (service !== 'Glue') expect(total(of(two, service))).toBeCloseTo(total(of(items, service)));
  }, 120_000);

  test('is that of the template: workers, brokers, addresses, keys, alarms; the largest first', () => {
    expect(usd(of(items, 'Glue', /^job .*, 456 of 730 hours$/))).toBeCloseTo((2 * 0.25 * 0.44 * 730 * 15) / 24);
    expect(usd(of(items, 'MSK', /kafka\.t3\.small/))).toBeCloseTo(2 * 0.0456 * 730, 1);
    expect(usd(of(items, 'VPC', /public IPv4/))).toBeCloseTo(0.005 * 730);
    expect(usd(of(items, 'KMS', /key$/))).toBe(2);
    expect(items.map(({ monthly }) => monthly)).toEqual([...items.map(({ monthly }) => monthly)].sort((a, b) => b - a));
  }, 120_000);

  test('counts what runs: exports, requests to S3, metrics, logs, functions, the flow, schedules, queries, the state table', () => {
    const running: [string, RegExp][] = [
      ['Glue', /exports at most/],
      ['S3', /requests of \d+ queries/],
      ['S3', /requests of the monitor/],
      ['CloudWatch', /^\d+ custom metrics$/],
      ['CloudWatch', /sent while something is wrong/],
      ['CloudWatch', /requests that send metrics/],
      ['CloudWatch', /GB of logs/],
      ['CloudWatch', /composite alarm/],
      ['Lambda', /calls of monitor/],
      ['Lambda', /calls of ingest/],
      ['Step Functions', /transitions/],
      ['Scheduler', /calls/],
      ['Athena', /queries of the monitor/],
      ['DynamoDB', /positions and leases/],
      ['KMS', /requests/],
    ];
    for (const [service, what] of running) expect(total(of(items, service, what)), `${service} ${what}`).toBeGreaterThan(0);
  }, 120_000);

  test('counts versions and copies where they are kept, and nothing for them in tiny', () => {
    const kept = (backup: Config['backup']) => costSo({ backup }).filter(({ service, what }) => service === 'Backup' || /versions of/.test(what));
    expect(kept({})).toEqual([]);
    expect(kept({ versionsDays: 30, dailyDays: 35 }).map(({ service, monthly }) => [service, monthly])).toEqual([
      ['Backup', 45 * 0.05],
      ['S3', 30 * 0.023],
    ]);
  }, 120_000);

  test('is that of the templates that the command synthesises', () => {
    expect(total(costOf(dev, synthesised(dev), 'us-east-1'))).toBeCloseTo(total(items));
  }, 120_000);

  test('is told of each dataset, and adds up', () => {
    const shares = byDataset(items);
    expect(shares.map(({ dataset }) => dataset).sort()).toEqual([null, ...datasets.map(({ name }) => name)].sort());
    expect(total(shares)).toBeCloseTo(total(items));
  }, 120_000);

  test('counts Glue’s own metrics where they are switched on, and there alone', () => {
    expect(of(items, 'CloudWatch', /Glue’s own/)).toEqual([]);
    const on = costSo({ medallion: { ...dev.medallion, glueMetrics: true } });
    expect(usd(of(on, 'CloudWatch', /Glue’s own/))).toBeCloseTo(64 * 0.3);
  }, 120_000);

  test('counts the hours of a daily window alone, and no export where none is scheduled', () => {
    const half = costSo({ medallion: { ...dev.medallion, window: { fromHour: 6, toHour: 18 } }, export: { ...dev.export, schedule: false } });
    expect(usd(of(half, 'Glue'))).toBeCloseTo((2 * 0.25 * 0.44 * 730) / 2);
    expect(total(of(half, 'S3', /queries/))).toBeLessThan(0.6 * total(of(costSo({ medallion: { ...dev.medallion, window: undefined } }), 'S3', /queries/)));
  }, 120_000);

  test('grows from tiny over standard to prod', () => {
    const [standard, prod] = ['standard', 'prod'].map((SLUICE_PROFILE) => total(cost(loadConfig('dev', { SLUICE_PROFILE })))) as [number, number];
    const tiny = total(items);
    expect(tiny).toBeLessThan(standard / 2);
    expect(standard).toBeLessThan(prod);
  }, 120_000);

  test('counts partitions of a serverless cluster, of each dataset', () => {
    const partitions = of(cost(loadConfig('dev', { SLUICE_BROKER: 'serverless' })), 'MSK', /partitions/);
    const all = datasets.reduce((sum, { topic }) => sum + (topic?.partitions ?? 0), 0);
    expect(usd(partitions)).toBeCloseTo(all * 0.0015 * 730, 1);
    expect(partitions.find(({ dataset }) => dataset === 'harmful_domains')?.what).toBe('3 partitions');
  }, 120_000);

  test('refuses a region, a worker, a broker and an instance that it has no price for', () => {
    expect(() => costOf(dev, [], 'mars-north-1')).toThrow(/no prices are known for region "mars-north-1"; known: us-east-1/);
    const alone = (Type: string, Properties: Record<string, unknown>) => () => costOf(dev, [{ Resources: { x: { Type, Properties } } }], 'us-east-1');
    expect(alone('AWS::Glue::Job', { WorkerType: 'G.99X', NumberOfWorkers: 2, Command: { Name: 'gluestreaming' } })).toThrow(/workers of type G\.99X/);
    expect(alone('AWS::MSK::Cluster', { NumberOfBrokerNodes: 2, BrokerNodeGroupInfo: { InstanceType: 'kafka.x' } })).toThrow(/brokers of type kafka\.x/);
    expect(alone('AWS::EC2::Instance', { InstanceType: 'x9.huge' })).toThrow(/instances of type x9\.huge/);
  });

  test('a dashboard of more than fifty metrics costs, and the fourth one whatever it shows', () => {
    const body = (metrics: number) => ({
      'Fn::Join': ['', [JSON.stringify({ widgets: [{ properties: { metrics: Array.from({ length: metrics }, (_, i) => ['sluice/dev', `M${i}`]) } }] })]],
    });
    const of = (...bodies: unknown[]) =>
      total(
        resourceItems(
          [{ Resources: Object.fromEntries(bodies.map((DashboardBody, i) => [`d${i}`, { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody } }])) }],
          PRICES['us-east-1'] as never,
          730,
          () => null,
        ),
      );
    expect([of(body(50)), of(body(51)), of(...Array.from({ length: 4 }, () => body(1)))]).toEqual([0, 3, 3]);
  });
});

/** Datasets like the lists of harmful names, each with a feed of its own. */
function moreDatasets(count: number): Dataset[] {
  const { tables, exports: _, ...like } = harmfulDomains;
  const [feed] = like.sources.filter((source) => source.kind === 'list' && source.enabled);
  if (feed === undefined) throw new Error('harmful_domains has no feed that is on');
  return Array.from({ length: count }, (_, i) => {
    const own = tables.filter(isOwnTable).map((table) => ({ ...table, name: `${table.name}_${i}`, reads: [] }));
    return defineDataset({ ...like, name: `more_${i}`, sources: [{ ...feed, name: `feed_${i}` }], tables: own, queries: [] });
  });
}

describe('ten more datasets, each with a feed', () => {
  const dev = loadConfig('dev', {});
  const more = [...datasets, ...moreDatasets(10)];

  test('add less than 15 USD of metrics and alarms', () => {
    const [before, after] = [cost(dev, datasets), cost(dev, more)];
    const watched = (items: readonly CostItem[]) => total(of(items, 'CloudWatch', /metric|alarm|dashboard/));
    const added = watched(after) - watched(before);
    expect(added).toBeGreaterThan(5);
    expect(added).toBeLessThan(15);
    // Each is told apart, with its alarms, and one composite alarm for all of them.
    const first = after.filter(({ dataset }) => dataset === 'more_0');
    expect(total(of(first, 'CloudWatch', /(?<!composite )alarm$/))).toBeCloseTo(9 * 0.1);
    expect(total(of(first, 'CloudWatch', /composite alarm$/))).toBeCloseTo(0.5);
  }, 240_000);
});

describe('the profile tiny', () => {
  const dev = loadConfig('dev', {});

  test('costs under 250 USD a month with every item in, of which S3 is asked for less than 10', () => {
    const items = cost(dev);
    expect(total(items)).toBeLessThan(250);
    expect(total(of(items, 'S3', /queries/))).toBeLessThan(10);
  }, 120_000);
  test('brings a record from Kafka to Gold within half a minute in one pass, within a minute by a query for each layer, at more cost', () => {
    const dataset = findDataset('harmful_domains');
    const separate = { medallion: { ...dev.medallion, layout: 'separate' as const } };
    expect([waitSeconds(dev, dataset), waitSeconds(separate, dataset)]).toEqual([20, 60]);
    const asked = (medallion: Partial<Config['medallion']>) =>
      total(streamItems({ ...dev, medallion: { ...dev.medallion, ...medallion } }, datasets, PRICES['us-east-1'] as never));
    expect(asked({ layout: 'separate', goldTriggerSeconds: 10, triggerSeconds: 10 })).toBeGreaterThan(asked({ triggerSeconds: 10 }) + 5);
    expect(asked({ triggerSeconds: 10 })).toBeGreaterThan(asked({}) + 1.5);
  });
});

describe('freshness', () => {
  test('is what a record may wait for the looks of the three layers, where each has a query of its own', () => {
    const medallion = { triggerSeconds: 5, goldTriggerSeconds: 30 } as Config['medallion'];
    expect(waitSeconds({ medallion }, findDataset('harmful_domains'))).toBe(40);
  });
});
