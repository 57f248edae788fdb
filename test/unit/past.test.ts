import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Days, dayAfter, daysOf, missingDays, stretchOf } from '../../bin/commands/sources/backfill/days.js';
import { defineDataset, githubFile } from '../../contracts/index.js';
import { isOwnTable } from '../../contracts/tables.js';
import { harmfulDomains } from '../../datasets/harmful_domains/contract.js';
import { findSource } from '../../datasets/index.js';
import { keepBody, type PastDeps, type PastStep, PastUnavailable, pastSequence, versionsBetween } from '../../lambdas/ingest/backfill/past.js';
import { httpFetch } from '../../lambdas/ingest/http/fetch.js';
import { landingKeys } from '../../lambdas/ingest/landing/store.js';
import { feedServer, pastFile } from '../../localstack/feeds/server.js';
import { Crash, fakeDeps, hostsOf, run, World } from '../support/ingest-fakes.js';

const { source } = findSource('stevenblack');

describe('days that a backfill has to fill', () => {
  const october = (from: number, to: number): Days => ({ from: `2026-10-${String(from).padStart(2, '0')}`, to: `2026-10-${String(to).padStart(2, '0')}` });

  test.each<[Days, Days[], Days[]]>([
    [october(1, 10), [], [october(1, 10)]],
    [october(1, 10), [october(1, 10)], []],
    [october(3, 5), [october(1, 10)], []],
    [october(1, 10), [october(4, 5)], [october(1, 3), october(6, 10)]],
    [october(1, 10), [october(9, 20), october(1, 2)], [october(3, 8)]],
    [october(5, 5), [october(4, 4), october(6, 6)], [october(5, 5)]],
  ])('of %o, where %o is published: %o', (wanted, covered, missing) => {
    expect(missingDays(wanted, covered)).toEqual(missing);
  });

  test('whatever was filled before: each day is covered or missing, and none is both', () => {
    const days = fc.tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 9 })).map(([from, length]) => october(from, Math.min(31, from + length)));
    const all = ({ from, to }: Days) => {
      const found: string[] = [];
      for (let day = from; day <= to; day = dayAfter(day)) found.push(day);
      return found;
    };
    fc.assert(
      fc.property(days, fc.array(days, { maxLength: 4 }), (wanted, covered) => {
        const missing = missingDays(wanted, covered).flatMap(all);
        const held = new Set(covered.flatMap(all));
        expect(missing).toEqual(all(wanted).filter((day) => !held.has(day)));
      }),
    );
  });

  test('a stretch is named by its days, and read again', () => {
    expect(daysOf(stretchOf(october(1, 31)))).toEqual(october(1, 31));
    expect(() => daysOf('2026-10-01')).toThrow(/is none/);
  });

  test('is where the contract says that the publisher keeps its past, and the URL must be of a repository', () => {
    expect(githubFile('https://raw.githubusercontent.com/owner/name.x/main/a/b.txt')).toEqual({ repository: 'owner/name.x', branch: 'main', path: 'a/b.txt' });
    expect(githubFile('https://lists.example/a.txt')).toBeNull();
    const { tables, ...input } = harmfulDomains;
    const wrong = { ...input, tables: tables.filter(isOwnTable), sources: [{ ...source, url: 'https://lists.example/hosts' }] };
    expect(() => defineDataset(wrong)).toThrow(/raw\.githubusercontent\.com\/OWNER/);
  });
});

describe('the history of a list', () => {
  const folder = mkdtempSync(join(tmpdir(), 'past-'));
  const world = new World();
  let server: Server;
  let deps: PastDeps;
  let url: string;
  const times = ['2026-09-28T10:00:00Z', '2026-10-02T06:00:00Z', '2026-10-02T18:00:00Z', '2026-10-04T00:00:00Z', '2026-10-09T12:00:00Z'];
  beforeAll(async () => {
    for (const at of times) {
      const file = pastFile(folder, 'stevenblack', new Date(at));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, hostsOf([`at-${Date.parse(at)}.example`]));
    }
    server = feedServer([folder]);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    deps = { fetch: httpFetch({ allowPrivate: true, sleep: async () => undefined }), landing: fakeDeps(world).landing, temporaryFolder: folder, feedsUrl: url };
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  const versionTimes = async (from: string, to: string) => (await versionsBetween(source, from, to, deps)).map(({ at }) => at);

  test('is the version that held when the days began, then the last one of each day', async () => {
    expect(await versionTimes('2026-10-01', '2026-10-04')).toEqual(['2026-10-01T00:00:00.000Z', '2026-10-02T18:00:00.000Z', '2026-10-04T00:00:00.000Z']);
  });

  test('does not say the version of midnight twice, nor one that came later', async () => {
    expect(await versionTimes('2026-10-04', '2026-10-08')).toEqual(['2026-10-04T00:00:00.000Z']);
  });

  test('begins with its first version where there was none before', async () => {
    expect(await versionTimes('2026-09-01', '2026-09-28')).toEqual(['2026-09-28T10:00:00.000Z']);
    expect(await versionTimes('2026-08-01', '2026-08-05')).toEqual([]);
  });

  test('gives the bodies, which are kept beside those of today', async () => {
    const [, version] = await versionsBetween(source, '2026-10-01', '2026-10-02', deps);
    const body = hostsOf([`at-${Date.parse('2026-10-02T18:00:00Z')}.example`]);
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await keepBody(source, version?.version ?? '', deps)).toEqual({ sha256, bytes: body.length });
    expect(world.objects.has(landingKeys.body('stevenblack', sha256))).toBe(true);
  });

  test.each([
    ['an answer that is no JSON', { body: '<html>' }, /no JSON/],
    ['an answer of another shape', { body: '[{"sha": "x"}]' }, /commit/],
    ['a refusal', { status: 403, body: '' }, /could not be listed: status 403/],
  ])('names what is wrong with %s', async (_what, fault, message) => {
    await fetch(`${url}/_fault/_past/stevenblack/commits`, { method: 'PUT', body: JSON.stringify(fault) });
    try {
      await expect(versionsBetween(source, '2026-10-01', '2026-10-04', deps)).rejects.toThrow(message);
    } finally {
      await fetch(`${url}/_fault/_past/stevenblack/commits`, { method: 'DELETE' });
    }
  });

  test('has no version of any other name, and none of a source without a past', async () => {
    const gone = 'f'.repeat(40);
    expect(await keepBody(source, gone, deps)).toEqual({ lost: `version ${gone} of stevenblack could not be fetched: status 404` });
    const [first] = await versionsBetween(source, '2026-10-01', '2026-10-02', deps);
    const small = { ...source, bounds: { ...source.bounds, maxBytes: 5 } };
    expect(await keepBody(small, first?.version ?? '', deps)).toEqual({ lost: expect.stringContaining('larger than 5 bytes') });
    await expect(keepBody(source, gone, { ...deps, fetch: async () => ({ kind: 'failed', status: 503, reason: 'status 503' }) })).rejects.toThrow(/status 503/);
    await expect(keepBody(source, '../../etc/passwd', deps)).rejects.toThrow(PastUnavailable);
    await expect(versionsBetween(findSource('easylist').source, '2026-10-01', '2026-10-04', deps)).rejects.toThrow(/keeps no past/);
  });
});

/** Puts a version's body where the fetch of a backfill would. */
function keep(world: World, names: readonly string[]): string {
  const body = hostsOf(names);
  const sha256 = createHash('sha256').update(body).digest('hex');
  world.objects.set(landingKeys.body('stevenblack', sha256), gzipSync(body));
  return sha256;
}

type Version = readonly [at: string, names: readonly string[]];

const stepsOf = (world: World, days: Days, versions: readonly Version[]): PastStep[] => [
  ...versions.map(([at, names]) => ({ stretch: stretchOf(days), at, sha256: keep(world, names) })),
  { stretch: stretchOf(days), at: `${dayAfter(days.to)}T00:00:00.000Z`, sha256: null },
];

const publish = (world: World, past: PastStep) => run({ event: 'backfill', source: 'stevenblack', step: past }, fakeDeps(world));

const DAYS: Days = { from: '2026-10-01', to: '2026-10-03' };
const VERSIONS: Version[] = [
  ['2026-10-01T00:00:00.000Z', ['a.example', 'b.example']],
  ['2026-10-02T18:00:00.000Z', ['b.example', 'c.example']],
];

describe('publishing what was', () => {
  test('says each change at its time, below every live sequence, and ends with all of it', async () => {
    const world = new World();
    for (const step of stepsOf(world, DAYS, VERSIONS)) expect(await publish(world, step)).toMatchObject({ outcome: 'changed' });
    const sent = world.sent('harmful_domains');
    expect(sent.map(({ name, event, observed_at }) => [name, event, observed_at])).toEqual([
      ['a.example', 'listed', '2026-10-01T00:00:00.000Z'],
      ['b.example', 'listed', '2026-10-01T00:00:00.000Z'],
      ['a.example', 'delisted', '2026-10-02T18:00:00.000Z'],
      ['c.example', 'listed', '2026-10-02T18:00:00.000Z'],
      ['b.example', 'delisted', '2026-10-04T00:00:00.000Z'],
      ['c.example', 'delisted', '2026-10-04T00:00:00.000Z'],
    ]);
    const sequences = sent.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(Math.max(...sequences)).toBeLessThan(0);
  });

  test('leaves the live list alone, and tells of itself as a backfill', async () => {
    const world = new World();
    world.body = hostsOf(['live.example']);
    await run({ source: 'stevenblack' }, fakeDeps(world));
    const [live, checks] = [structuredClone(world.items.get('stevenblack')), world.checked.get('stevenblack')];
    for (const step of stepsOf(world, DAYS, VERSIONS)) await publish(world, step);
    expect(world.items.get('stevenblack')).toEqual(live);
    expect(world.checked.get('stevenblack')).toEqual(checks);
    expect(world.sent('source_checks')).toHaveLength(1);
    expect(world.sent('operations').map(({ subject, source: by }) => [subject, by])).toEqual([['stevenblack', 'ingest'], ...Array(3).fill(['backfill-stevenblack', 'backfill'])]);
  });

  test('twice publishes it once', async () => {
    const world = new World();
    const steps = stepsOf(world, DAYS, VERSIONS);
    for (const step of steps) await publish(world, step);
    const once = world.sent('harmful_domains').length;
    for (const step of steps) expect((await publish(world, step)).outcome).toBe('unchanged');
    expect(world.sent('harmful_domains')).toHaveLength(once);
  });

  test('refuses a version that is no list, and goes on from the one before', async () => {
    const world = new World();
    const [first, second, end] = stepsOf(world, DAYS, VERSIONS) as [PastStep, PastStep, PastStep];
    await publish(world, first);
    const html = '<html>moved</html>';
    const sha256 = createHash('sha256').update(html).digest('hex');
    world.objects.set(landingKeys.body('stevenblack', sha256), gzipSync(html));
    expect(await publish(world, { ...second, at: '2026-10-02T01:00:00.000Z', sha256 })).toMatchObject({ outcome: 'refused', reason: 'the body is HTML' });
    expect(await publish(world, second)).toMatchObject({ outcome: 'changed', listed: 1, delisted: 1 });
    expect(await publish(world, end)).toMatchObject({ delisted: 2 });
  });

  test('may die anywhere: called again, it publishes the same', async () => {
    const told = async (world: World, steps: readonly PastStep[], fuse?: (at: string) => void) => {
      for (const step of steps) {
        try {
          await run({ event: 'backfill', source: 'stevenblack', step }, fakeDeps(world, fuse));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          world.now += 3_600_000;
          await publish(world, step);
        }
      }
      return [...new Set(world.sent('harmful_domains').map(({ name, event, sequence, observed_at }) => JSON.stringify([name, event, sequence, observed_at])))].sort();
    };
    const calm = new World();
    const effects: string[] = [];
    const wanted = await told(calm, stepsOf(calm, DAYS, VERSIONS), (at) => effects.push(at));
    expect(effects.length).toBeGreaterThan(20);
    for (let n = 0; n < effects.length; n++) {
      const world = new World();
      let left = n;
      const found = await told(world, stepsOf(world, DAYS, VERSIONS), () => {
        if (left-- === 0) throw new Crash('killed');
      });
      expect(found, `killed ${effects[n]}`).toEqual(wanted);
    }
  });

  test('stretches in any order, beside the live list: what came less what went is what was listed, on each day', async () => {
    const names = fc.uniqueArray(fc.constantFrom('a.example', 'b.example', 'c.example', 'd.example', 'e.example'), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 6, maxLength: 6 }), names, fc.constantFrom([0, 1], [1, 0]), async (lists, live, order) => {
        const world = new World();
        const day = (n: number) => dayAfter('2026-10-01', n);
        const versions = lists.map((list, n): Version => [`${day(n)}T06:00:00.000Z`, list]);
        const stretches = [
          stepsOf(world, { from: day(0), to: day(2) }, versions.slice(0, 3)),
          stepsOf(world, { from: day(3), to: day(5) }, [[`${day(3)}T00:00:00.000Z`, lists[2] ?? []], ...versions.slice(3)]),
        ];
        world.now = Date.parse(`${day(6)}T12:00:00Z`);
        world.body = hostsOf(live);
        await run({ source: 'stevenblack' }, fakeDeps(world));
        for (const at of order) for (const step of stretches[at] ?? []) await publish(world, step);
        const facts = new Map(world.sent('harmful_domains').map((fact) => [JSON.stringify([fact.name, fact.sequence]), fact]));
        for (let n = 0; n <= 6; n++) {
          const until = `${day(n + 1)}T00:00:00.000Z`;
          const active = [...facts.values()]
            .filter(({ observed_at }) => String(observed_at) < until)
            .map(({ event }) => (event === 'listed' ? 1 : -1))
            .reduce<number>((sum, one) => sum + one, 0);
          expect(active, day(n)).toBe((lists[n] ?? live).length);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('the end of a stretch comes before a stretch that begins at that midnight', () => {
    const at = '2026-10-04T00:00:00.000Z';
    expect(pastSequence({ at, sha256: null })).toBeLessThan(pastSequence({ at, sha256: 'x' }));
    expect(pastSequence({ at: '2099-12-31T00:00:00Z', sha256: 'x' })).toBeLessThan(0);
  });
});
