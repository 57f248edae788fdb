import { describe, expect, test } from 'vitest';
import { templatesOf } from '../../bin/templates.js';
import { type Config, loadConfig } from '../../lib/config.js';
import { monthlyFloor, total } from '../../lib/cost/cost.js';

const floor = (config: Config) => monthlyFloor(templatesOf(config), 'us-east-1');
const glue = (config: Config) => total(floor(config).filter(({ service }) => service === 'Glue'));

describe('the monthly floor', () => {
  const dev = loadConfig('dev', {});

  test('doubles its Glue line where the workers double, and no other line', () => {
    const [one, two] = [floor(dev), floor({ ...dev, medallion: { ...dev.medallion, workers: dev.medallion.workers * 2 } })];
    const of = (items: typeof one, service: string) => total(items.filter((item) => item.service === service));
    expect(of(two, 'Glue')).toBeCloseTo(2 * of(one, 'Glue'));
    for (const service of new Set(one.map((item) => item.service))) if (service !== 'Glue') expect(of(two, service)).toBeCloseTo(of(one, service));
  }, 120_000);

  test('is that of the template: workers, brokers, NAT, keys, alarms; the largest first', () => {
    const items = floor(dev);
    expect(glue(dev)).toBeCloseTo(2 * 0.25 * 0.44 * 730);
    expect(items.find(({ what }) => what.includes('kafka.t3.small'))?.monthly).toBeCloseTo(2 * 0.0456 * 730);
    expect(items.find(({ what }) => what.includes('NAT'))?.monthly).toBeCloseTo(0.045 * 730);
    expect(items.map(({ monthly }) => monthly)).toEqual([...items.map(({ monthly }) => monthly)].sort((a, b) => b - a));
    expect(items.filter(({ service }) => service === 'CloudWatch').length).toBeGreaterThanOrEqual(2);
  }, 120_000);

  test('grows from tiny over standard to prod', () => {
    const [tiny, standard, prod] = ['tiny', 'standard', 'prod'].map((SLUICE_PROFILE) => total(floor(loadConfig('dev', { SLUICE_PROFILE })))) as [number, number, number];
    expect(tiny).toBeLessThan(standard / 2);
    expect(standard).toBeLessThan(prod);
  }, 120_000);

  test('counts partitions of a serverless cluster', () => {
    const items = floor(loadConfig('dev', { SLUICE_BROKER: 'serverless' }));
    expect(items.find(({ what }) => what === '5 partitions')?.monthly).toBeCloseTo(5 * 0.0015 * 730);
  }, 120_000);

  test('refuses a region, a worker and a broker that it has no price for', () => {
    expect(() => monthlyFloor([], 'mars-north-1')).toThrow(/no prices are known for region "mars-north-1"; known: us-east-1/);
    const of = (Type: string, Properties: object) => () => monthlyFloor([{ Resources: { x: { Type, Properties: Properties as Record<string, unknown> } } }], 'us-east-1');
    expect(of('AWS::Glue::Job', { WorkerType: 'G.99X', NumberOfWorkers: 2, Command: { Name: 'gluestreaming' } })).toThrow(/workers of type G\.99X/);
    expect(of('AWS::MSK::Cluster', { NumberOfBrokerNodes: 2, BrokerNodeGroupInfo: { InstanceType: 'kafka.x' } })).toThrow(/brokers of type kafka\.x/);
  });
});
