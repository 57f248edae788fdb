import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { defineDataset } from '../../contracts/dataset.js';
import type { HttpSource } from '../../contracts/index.js';
import { HARMFUL_DOMAIN_SOURCES } from '../../datasets/harmful_domains/sources.js';
import { findSource, httpSources } from '../../datasets/index.js';
import { httpFetch } from '../../lambdas/ingest/http/fetch.js';
import { redact } from '../../lambdas/ingest/http/redact.js';
import { targetOf } from '../../lambdas/ingest/http/request.js';
import { checkMetrics } from '../../lambdas/ingest/metrics.js';
import { embeddedLines } from '../../lambdas/shared/metrics.js';
import { fakeDeps, hostsOf, run, World } from '../support/ingest-fakes.js';

const source = (name: string): HttpSource => findSource(name).source;
const none = async () => undefined;

describe('the sources of the contracts', () => {
  test('are more than twelve, each with licence, homepage and reliability; those that are off say why', () => {
    const sources = httpSources().map((each) => each.source);
    expect(sources.length).toBeGreaterThan(12);
    const off = sources.filter(({ name, enabled }) => !enabled && HARMFUL_DOMAIN_SOURCES.some((each) => each.name === name));
    expect(off.map(({ name, commercialUse, key, offBecause }) => [name, commercialUse, key?.secret, offBecause])).toEqual([
      ['urlhaus_hosts', false, 'abuse-ch', undefined],
      ['urlhaus_csv', false, 'abuse-ch', undefined],
      ['openphish', false, undefined, undefined],
      ['phishtank', true, 'phishtank', undefined],
      ['threatfox', false, 'abuse-ch', undefined],
      ['hagezi_tif', true, undefined, expect.stringContaining('a million names')],
      ['oisd_big', true, undefined, expect.stringContaining('oisd_small is a part of it')],
    ]);
  });

  test('rest on public evidence of 2025 and later, each with the day and the place, the newest first', () => {
    for (const { source } of httpSources()) {
      expect(source.evidence[0]?.on ?? '', source.name).toMatch(/^202[5-9]-/);
      for (const { on } of source.evidence) expect(Date.parse(on)).toBeLessThanOrEqual(Date.now());
    }
  });

  test('of one house or of one hand count once: their findings are the same', () => {
    const origin = (name: string) => {
      const found = source(name);
      return found.kind === 'list' ? (found.origin ?? name) : name;
    };
    expect(new Set(['urlhaus_hosts', 'urlhaus_csv', 'urlhaus_filter'].map(origin)).size).toBe(1);
    expect([origin('hagezi_tif'), origin('oisd_big')]).toEqual([origin('hagezi_pro'), origin('oisd_small')]);
  });

  test('work without a key and may be used by a business, where they are on by default', () => {
    const on = httpSources().flatMap(({ source }) => (source.enabled ? [source] : []));
    expect(on.length).toBeGreaterThan(9);
    for (const { name, key, url, commercialUse, licence } of on) {
      expect([name, key, url.includes('{key}'), commercialUse]).toEqual([name, undefined, false, true]);
      expect(licence, name).not.toMatch(/non-?commercial|no commercial|\bNC\b|personal use/i);
    }
  });

  test.each([
    ['on although its terms forbid commercial use', { commercialUse: false }, /its terms forbid commercial use, so it is off by default: enabled: false/],
    ['off without a word of why', { enabled: false }, /and no other, says why: offBecause/],
    ['on, with a word of why it is off', { offBecause: 'large' }, /and no other, says why: offBecause/],
    ['on although it needs a key', { key: { secret: 'k', header: 'X-Key' } }, /it needs a key, which a fresh stage has not: enabled: false/],
    ['with a key that goes nowhere', { enabled: false, key: { secret: 'k' } }, /a key goes into the URL as \{key\}, or into a header/],
    ['with evidence of no place', { evidence: [{ on: '2026-01-01', at: 'somewhere', says: 's' }] }, /the place of evidence is an https URL/],
    ['with evidence of no day', { evidence: [{ on: '2026-02-30', at: 'https://a.example', says: 's' }] }, /a day is YYYY-MM-DD/],
    ['with its oldest evidence first', { evidence: ['2025-01-01', '2026-01-01'].map((on) => ({ on, at: 'https://a.example', says: 's' })) }, /the newest evidence comes first/],
    ['with {key} and no key', { url: 'https://a.example/{key}' }, /a key goes into the URL as \{key\}, or into a header/],
  ])('cannot be declared %s', (_what, change, message) => {
    const [first] = HARMFUL_DOMAIN_SOURCES;
    const dataset = {
      name: 'd',
      version: 1,
      owner: 'o',
      description: 'd',
      terms: 't',
      record: { key: ['id'], fields: { id: { type: 'string', description: 'd', example: '1' }, source: { type: 'string', description: 's', example: 's' } } },
      canary: { fields: {} },
      sources: [{ ...first, ...change } as never],
      topic: { partitions: 1, retentionHours: 1 },
      retentionDays: { bronze: 1 },
      service: { triggerSeconds: 1, freshnessMinutes: { bronze: 1, silver: 1, gold: 1 }, severity: 'notice' as const },
    };
    expect(() => defineDataset(dataset)).toThrow(message);
  });
});

describe('where a source is fetched from', () => {
  test('its own address, or the recorded feed, which needs no key and no patience', async () => {
    expect(await targetOf(source('disposable_email'), { secret: none })).toEqual({ url: source('disposable_email').url, headers: {}, secrets: [], minIntervalMs: 0 });
    expect(await targetOf(source('phishtank'), { feedsUrl: 'http://127.0.0.1:1', secret: none })).toEqual({
      url: 'http://127.0.0.1:1/phishtank',
      headers: {},
      secrets: [],
      minIntervalMs: 0,
    });
  });

  test('a key goes into the header or the address that the contract names, and into nothing that is told', async () => {
    const secret = async (name: string) => (name === 'abuse-ch' ? ' s3cr/t \n' : undefined);
    expect(await targetOf(source('urlhaus_csv'), { secret })).toEqual({
      url: 'https://urlhaus-api.abuse.ch/v2/files/exports/s3cr%2Ft/recent.csv',
      headers: {},
      secrets: ['s3cr/t', 's3cr%2Ft'],
      minIntervalMs: 300_000,
    });
    const byHeader = { ...source('threatfox'), url: 'https://feed.example/list', key: { secret: 'abuse-ch', header: 'Auth-Key' } };
    expect(await targetOf(byHeader, { secret })).toMatchObject({ url: byHeader.url, headers: { 'Auth-Key': 's3cr/t' }, secrets: ['s3cr/t'] });
    const target = await targetOf(source('phishtank'), { secret: async () => 's3cr/t' });
    expect(target.url).toBe('https://data.phishtank.com/data/s3cr%2Ft/online-valid.csv');
    expect(redact(`redirected to ${target.url}?x`, 'https://other.example/', target.secrets)).toBe('redirected to https://data.phishtank.com/data/***/online-valid.csv?x');
    await expect(targetOf(source('phishtank'), { secret })).rejects.toThrow(/phishtank asks for a key .*Secrets Manager as the secret phishtank/);
  });

  test('a key that is missing is an outcome of the check, with the way out', async () => {
    const world = new World();
    const deps = { ...fakeDeps(world), target: () => targetOf(source('threatfox'), { secret: none }) };
    expect(await run({ source: 'threatfox' }, deps)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('asks for a key') });
    expect(world.sent('source_checks')).toHaveLength(1);
  });

  test('what a server says cannot write lines or colours into a log', () => {
    expect(redact('status line\r\n\u001b[31mred\u202e', 'https://a.example/', [])).toBe('status line\\u000d\\u000a\\u001b[31mred\\u202e');
  });
});

describe('a key in the address', () => {
  const KEY = 'k3y-0f-n0b0dy';
  /** What the other side does with the request, whose path it is given. */
  const MISDEEDS: Record<string, (path: string, response: ServerResponse) => void> = {
    'is refused': (_path, response) => response.writeHead(403).end(),
    'is repeated in the body': (path, response) => response.end(`# unknown key in ${path}\n0.0.0.0 a.example\n`),
    'is repeated in a body of two chunks': (path, response) => {
      const told = `0.0.0.0 a.example\n# unknown key in ${path}\n`;
      const middle = told.indexOf(KEY) + 5;
      response.write(told.slice(0, middle), () => setTimeout(() => response.end(told.slice(middle)), 20));
    },
    'is carried to another host': (path, response) => response.writeHead(302, { location: `https://elsewhere.example${path}` }).end(),
    'is carried along to what is no URL': (path, response) => response.writeHead(302, { location: `http://[${path}` }).end(),
    'meets a body that is no list': (_path, response) => response.end('<html>sign in</html>'),
    'meets a connection that breaks': (_path, response) => response.destroy(),
    'is accepted': (_path, response) => response.end('0.0.0.0 a.example\n'),
  };

  test.each(Object.keys(MISDEEDS))('that %s is in no record, no body that is kept, no state and no log', async (what) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      MISDEEDS[what]?.(request.url ?? '', response);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const logged = (['log', 'warn', 'error', 'info', 'debug'] as const).map((method) => vi.spyOn(console, method).mockImplementation(() => undefined));
    try {
      const world = new World();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/files/exports/{key}/list`;
      const keyed = { ...source('urlhaus_hosts'), url, bounds: { ...source('urlhaus_hosts').bounds, minValid: 0 } };
      const deps = {
        ...fakeDeps(world),
        source: keyed,
        target: () => targetOf(keyed, { secret: async () => KEY }),
        fetch: httpFetch({ allowPrivate: true, sleep: async () => undefined }),
      };
      const checked = await run({ source: keyed.name }, deps);
      expect(asked[0]).toContain(KEY);
      expect(checked.outcome).toBe(what === 'is accepted' ? 'changed' : what === 'meets a body that is no list' ? 'refused' : 'failed');
      const sent = [...world.topics.values()].flat().map(({ key, value, headers }) => JSON.stringify([key, String(value), headers]));
      const kept = [...world.objects].map(([name, bytes]) => `${name} ${gunzipSync(bytes)}`);
      const said = logged.flatMap(({ mock }) => mock.calls).map((call) => JSON.stringify(call));
      const state = JSON.stringify([[...world.items], [...world.checked], checked]);
      for (const text of [...sent, ...kept, ...said, state]) expect(text).not.toContain(KEY);
      expect(sent.length).toBeGreaterThan(0);
    } finally {
      for (const spy of logged) spy.mockRestore();
      server.close();
      server.closeAllConnections();
    }
  });
});

describe('politeness', () => {
  test('a source is not fetched again before the time it asks for, whatever became of the last run', async () => {
    const world = new World();
    let fetches = 0;
    const deps = () => {
      const fakes = fakeDeps(world);
      return {
        ...fakes,
        target: async () => ({ url: 'http://feeds/x', headers: {}, secrets: [], minIntervalMs: 600_000 }),
        fetch: (...request: Parameters<typeof fakes.fetch>) => {
          fetches++;
          return fakes.fetch(...request);
        },
      };
    };
    world.body = null;
    world.status = 500;
    expect(await run({ source: 'stevenblack' }, deps())).toMatchObject({ outcome: 'failed' });
    world.body = hostsOf(['a.example']);
    world.now += 599_000;
    expect(await run({ source: 'stevenblack' }, deps())).toMatchObject({ outcome: 'skipped', reason: 'the source asks not to be fetched before 2026-11-01T00:10:00.000Z' });
    world.now += 1_000;
    expect(await run({ source: 'stevenblack' }, deps())).toMatchObject({ outcome: 'changed' });
    expect(fetches).toBe(2);
  });

  test('a Retry-After longer than a run waits is kept by later runs', async () => {
    const world = new World();
    const asked = { ...fakeDeps(world), fetch: async () => ({ kind: 'failed', status: 429, reason: 'status 429', retryAfterMs: 7_200_000 }) as const };
    expect(await run({ source: 'stevenblack' }, asked)).toMatchObject({ outcome: 'failed', http_status: 429 });
    world.body = hostsOf(['a.example']);
    world.now += 3_600_000;
    expect(await run({ source: 'stevenblack' }, fakeDeps(world))).toMatchObject({ outcome: 'skipped' });
    world.now += 3_600_000;
    expect(await run({ source: 'stevenblack' }, fakeDeps(world))).toMatchObject({ outcome: 'changed' });
  });
});

test('a refused body is a metric that alarms can see, and a good check sets it back', async () => {
  const world = new World();
  world.body = '<!DOCTYPE html><html></html>';
  const refused = await run({ source: 'stevenblack' }, fakeDeps(world));
  const numbers = (check: Parameters<typeof checkMetrics>[0]) => Object.fromEntries(checkMetrics(check).map(({ name, value }) => [name, value]));
  const told = (check: Parameters<typeof checkMetrics>[0], before: number) =>
    embeddedLines('sluice/dev', checkMetrics(check), 5, () => before).map((line) => (JSON.parse(line) as { _aws: unknown })._aws);
  const BodyRefused = { Timestamp: 5, CloudWatchMetrics: [{ Namespace: 'sluice/dev', Dimensions: [['Source']], Metrics: [{ Name: 'BodyRefused', Unit: 'Count' }] }] };
  expect(numbers(refused)).toMatchObject({ BodyRefused: 1, CheckFailed: 0, CheckGood: 0 });
  expect(told(refused, 0)).toEqual([BodyRefused]);
  world.body = hostsOf(['a.example']);
  const good = await run({ source: 'stevenblack' }, fakeDeps(world));
  expect(numbers(good)).toMatchObject({ BodyRefused: 0, CheckGood: 1, Entries: 1, RecordsProduced: 1 });
  expect(told(good, 1)).toEqual([BodyRefused]);
  // The next good check is in the log alone: nothing was wrong before it.
  expect(told(good, 0)).toEqual([{ Timestamp: 5, CloudWatchMetrics: [] }]);
});

test('a body is parsed again when asked, with the validators it had', async () => {
  const world = new World();
  world.body = hostsOf(['a.example', 'b.example']);
  world.etag = '"1"';
  await run({ source: 'stevenblack' }, fakeDeps(world));
  expect(await run({ event: 'reparse', source: 'stevenblack' }, fakeDeps(world))).toMatchObject({ outcome: 'unchanged', produced: 0, entries: 2 });
  // A parser that reads more of the same bytes than it did before.
  const plain = { ...fakeDeps(world), source: { ...fakeDeps(world).source, format: 'urls' as const, bounds: { ...fakeDeps(world).source.bounds, minEntries: 0, minValid: 0 } } };
  expect(await run({ event: 'reparse', source: 'stevenblack' }, plain)).toMatchObject({ outcome: 'changed', delisted: 2, sequence: 2 });
  expect(await run({ source: 'stevenblack' }, fakeDeps(world))).toMatchObject({ outcome: 'not_modified' });
  expect(await run({ event: 'reparse', source: 'other' }, { ...fakeDeps(new World()) })).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('none to parse again'),
  });
});
