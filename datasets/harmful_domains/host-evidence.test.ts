import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeDeps, foldActive, run, World } from '../../test/support/ingest-fakes.js';
import { SHARED_DATA, testWithSharedData } from '../../test/support/shared-data.js';
import { findSource } from '../index.js';
import { splitLines } from '../shared/lines.js';
import { seeded } from '../shared/made-up.js';
import { classifyUrl, hostOfUrl } from './entries.js';
import { BodyParser } from './formats/index.js';
import { HostEvidence, type HostKnowledge, isRegistrable, MANY_FOLDERS, MANY_URLS, VERY_MANY_URLS } from './host-evidence.js';

const DAY = 24 * 3_600_000;
const NOTHING: HostKnowledge = { popular: new Set<string>(), before: new Set<string>() };
const times = (count: number, url: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => url(i));

function judged(urls: readonly string[], knowledge: HostKnowledge = NOTHING, reporters = 1): HostEvidence {
  const evidence = new HostEvidence(knowledge);
  for (const [i, url] of urls.entries()) evidence.see(url, `r${i % reporters}`);
  return evidence;
}

const csvOf = (urls: readonly string[], reporter: (i: number) => string = () => 'r'): string =>
  [
    '# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter',
    ...urls.map((url, i) => `"${i}","2026-10-31 12:00:05","${url}","online","","malware_download","elf","https://urlhaus.abuse.ch/url/${i}/","${reporter(i)}"`),
    '',
  ].join('\r\n');

describe('a host is shared', () => {
  test('where the body has many URLs on it in as many folders, and not before', () => {
    const url = (i: number) => `https://files.example/u${i}/x.exe`;
    expect(judged(times(MANY_URLS, url)).isShared('files.example')).toBe(true);
    expect(judged(times(MANY_URLS - 1, url)).isShared('files.example')).toBe(false);
    expect(judged([...times(MANY_URLS - 1, url), ...times(MANY_URLS - 1, url)]).isShared('files.example')).toBe(false);
    // A dropper's own host has its binaries side by side.
    expect(judged(times(VERY_MANY_URLS * 2, (i) => `http://drop.example/bins/arm${i}`)).isShared('drop.example')).toBe(false);
    expect(MANY_FOLDERS).toBe(MANY_URLS);
  });

  test('where very many are side by side, and several reporters found them', () => {
    const urls = times(VERY_MANY_URLS, (i) => `https://paste.example/${i}.txt`);
    expect([1, 2, 3].map((reporters) => judged(urls, NOTHING, reporters).isShared('paste.example'))).toEqual([false, false, true]);
  });

  test('where its registrable domain is widely used, but not where it is a customer’s own', () => {
    const evidence = judged([], { ...NOTHING, popular: new Set(['wsimg.com', 'gitee.com', 'duckdns.org', 'blogspot.com']) });
    expect(['img1.wsimg.com', 'gitee.com', 'x.gitee.com', 'wsimg.com'].map((host) => evidence.isShared(host))).toEqual([true, true, true, true]);
    expect(['bad.duckdns.org', 'x.bad.duckdns.org', 'bad.blogspot.com', 'notwsimg.com', 'other.example'].map((host) => evidence.isShared(host))).toEqual(Array(5).fill(false));
    expect(['wsimg.com', 'co.uk', 'a.co.uk', 'www.gitee.com', 'github.io', 'a.github.io'].map(isRegistrable)).toEqual([true, false, true, false, true, false]);
  });

  test('once it was, and where everybody knows it; an address never is', () => {
    const evidence = judged(
      times(50, (i) => `http://203.0.113.9/u${i}/x`),
      { ...NOTHING, before: new Set(['once.example']) },
    );
    expect(['once.example', 'github.com', '203.0.113.9'].map((host) => evidence.isShared(host))).toEqual([true, true, false]);
  });

  test('whatever the order of the rows; and memory stays bounded for a body of many hosts', () => {
    const urls = [...times(12, (i) => `https://a.example/${i}/x`), ...times(9, (i) => `https://b.example/${i}/x`), ...times(30, (i) => `https://c.example/x/${i}`)];
    fc.assert(
      fc.property(fc.shuffledSubarray(urls, { minLength: urls.length }), (shuffled) => {
        const evidence = judged(shuffled);
        expect(['a.example', 'b.example', 'c.example'].map((host) => evidence.isShared(host))).toEqual([true, false, false]);
      }),
      { numRuns: 50 },
    );
    const evidence = new HostEvidence(NOTHING);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 400_000; i++) evidence.see(`https://h${i % 200_000}.example/${i}/x`, 'r');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
});

function byParser(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

test('the host of a URL is what the WHATWG parser says, also where it is read without it', () => {
  const part = fc.constantFrom(
    'a',
    'xn--bcher-kva',
    '-a-',
    '_b',
    'com',
    'example',
    '1',
    '0x7f',
    '203.0.113.9',
    '%41',
    'é',
    '@',
    ':80',
    ':65535',
    ':65536',
    ':',
    '\\',
    ' ',
    '\t',
    '[::1]',
  );
  fc.assert(
    fc.property(
      fc.constantFrom('http://', 'HTTPS://', 'https:/'),
      fc.array(part, { maxLength: 4 }),
      fc.constantFrom('.', ''),
      fc.constantFrom('', '/', '/x y', '?q', '#f', '/%zz'),
      (scheme, parts, dot, rest) => {
        const url = `${scheme}${parts.join(dot)}${rest}`;
        expect(hostOfUrl(url)).toBe(byParser(url));
      },
    ),
    { numRuns: 5_000 },
  );
});

describe('in URLhaus’s CSV', () => {
  const source = { ...findSource('urlhaus_csv').source, bounds: { ...findSource('urlhaus_csv').source.bounds, maxShrink: 1 } };
  const popularSource = 'majestic';
  const shown = (world: World) => {
    const records = world.sent('harmful_domains').filter((record) => record.source === source.name);
    return foldActive(records.map((record) => ({ ...record, name: `${record.entry_type} ${record.name}` })));
  };
  async function read(world: World, urls: readonly string[], event: { event?: 'reparse' } = {}) {
    world.body = csvOf(urls);
    return run({ source: source.name, ...event }, { ...fakeDeps(world), source });
  }
  async function popular(world: World, names: readonly string[]) {
    world.body = ['GlobalRank,TldRank,Domain', ...names.map((name, i) => `${i + 1},1,${name}`)].join('\n');
    const list = findSource(popularSource).source;
    const check = await run({ source: popularSource }, { ...fakeDeps(world), source: { ...list, bounds: { ...list.bounds, minEntries: 0, maxShrink: 1 } } });
    expect(check.outcome).toBe('changed');
  }
  const CDN = 'https://img1.wsimg.example.com/blobby/1.pdf';
  const AS_URL = `url ${CDN}`;
  const AS_HOST = 'domain img1.wsimg.example.com';

  test('the popularity lists’ last good snapshot decides, and a host once shared stays so: no name goes to and fro', async () => {
    const world = new World();
    const other = 'http://bad.example/x';
    await read(world, [CDN, other]);
    expect(shown(world)).toEqual(['domain bad.example', AS_HOST]);
    await popular(world, ['example.com', 'www.example.org']);
    world.now += DAY;
    // The body is the same: nothing is parsed anew until it changes, or somebody asks for it.
    await read(world, [CDN, other, 'http://worse.example/x']);
    expect(shown(world)).toEqual(['domain bad.example', 'domain worse.example', AS_URL]);
    await popular(world, ['other.example']);
    for (let day = 0; day < 5; day++) {
      world.now += DAY;
      await read(world, [CDN, other, `http://n${day}.example/x`]);
      expect(shown(world)).toContain(AS_URL);
      expect(shown(world)).not.toContain(AS_HOST);
    }
    // Gone from the list and back within the days of a tombstone it is a URL still; after them it is judged anew.
    await read(world, [other]);
    world.now += 20 * DAY;
    await read(world, [other, CDN]);
    expect(shown(world)).toEqual(['domain bad.example', AS_URL]);
    await read(world, [other]);
    world.now += 40 * DAY;
    await read(world, [other, 'http://new.example/x']);
    await read(world, [other, CDN]);
    expect(shown(world)).toEqual(['domain bad.example', AS_HOST]);
  });

  test('a host that falls below the thresholds stays a host of URLs; the same body and knowledge give the same again', async () => {
    const world = new World();
    const crowd = times(MANY_URLS, (i) => `https://files.example/u${i}/x.exe`);
    await read(world, crowd);
    expect(shown(world)).toEqual(crowd.map((url) => `url ${url}`).sort());
    world.now += DAY;
    await read(world, crowd.slice(0, 2));
    expect(shown(world)).toEqual(crowd.slice(0, 2).map((url) => `url ${url}`));
    const again = await read(world, crowd.slice(0, 2), { event: 'reparse' });
    expect(again).toMatchObject({ outcome: 'unchanged', listed: 0, delisted: 0 });
  });

  test('a bare URL of a shared host is refused, and counted', async () => {
    const world = new World();
    await popular(world, ['example.com']);
    const check = await read(world, ['https://www.example.com/', 'https://www.example.com/x']);
    expect(check).toMatchObject({ urls: 1, domains: 0, rejects: 1, reject_samples: ['2: a host that many share: https://www.example.com/'] });
  });

  test('what another Sluice lists as a URL stays one', () => {
    const entries: string[] = [];
    const parser = new BodyParser('sluice_csv', ({ type, name }) => entries.push(`${type} ${name}`));
    parser.push(Buffer.from('entry_type,name,scope,confidence,categories,sources,first_seen,last_changed_at\n"url","https://files.example/x","exact","1","","s","",""\n'));
    parser.end();
    expect(entries).toEqual(['url https://files.example/x']);
    expect(classifyUrl('https://files.example/x')).toMatchObject({ entry: { type: 'domain' } });
  });
});

/** Registrable domains at the top of every popularity list, of those that the data below has: a stand-in for the lists, which no shared data holds. */
const WIDELY_USED = new Set(
  'github.com wsimg.com paste.ee catbox.moe google.com bitbucket.org googleapis.com archive.org discordapp.com dropbox.com pastebin.com sendspace.com gofile.io jsdelivr.net mega.nz mediafire.com live.com gitlab.com 4sync.com upload.ee zohoexternal.com sci-hub.se pixeldrain.com workupload.com packetstormsecurity.net dropboxusercontent.com telegra.ph ucarecdn.com'.split(
    ' ',
  ),
);

describe('held against what URLhaus’s filter lists by path alone', () => {
  testWithSharedData('shared hosts are found in a CSV of its URLs, with and without a popularity list, and hosts that it lists whole are not', async () => {
    const byPath = new Map<string, string[]>();
    const whole: string[] = [];
    const bytes = createReadStream(join(SHARED_DATA, 'blocklists', 'urlhaus-filter-2025-07', 'ubo-urls.txt.gz')).pipe(createGunzip());
    for await (const { text } of splitLines(bytes)) {
      const rule = /^\|\|([^/^]+)(\/[^^]*)\^/.exec(text);
      if (rule?.[1] !== undefined) byPath.set(rule[1], [...(byPath.get(rule[1]) ?? []), `https://${rule[1]}${rule[2]}`]);
      else if (/^[a-z0-9.-]+\.[a-z]+$/.test(text)) whole.push(text);
    }
    expect([byPath.size, whole.length > 2_000]).toEqual([187, true]);
    // Hosts listed whole come without their URLs: as droppers have them, mostly one, some a folder of binaries, now and then a few folders.
    const random = seeded(12);
    const rows: [url: string, reporter: string][] = [];
    for (const host of whole) {
      const shape = random();
      const count = shape < 0.8 ? 1 + Math.floor(random() * 3) : shape < 0.95 ? 4 + Math.floor(random() * 14) : 15 + Math.floor(random() * 25);
      const folders = 1 + Math.floor(random() * 3);
      const reporters = 1 + Math.floor(random() * 2);
      for (let i = 0; i < count; i++) rows.push([`http://${host}/f${i % folders}/b${i}.sh`, `r${i % reporters}`]);
    }
    for (const urls of byPath.values()) rows.push(...urls.map((url, i): [string, string] => [url, `s${i % 7}`]));
    const measure = (popular: ReadonlySet<string>) => {
      const evidence = new HostEvidence({ popular, before: new Set() });
      for (const [url, reporter] of rows) evidence.see(url, reporter);
      const entry = (url: string) => classifyUrl(url, (host) => evidence.isShared(host));
      const asUrl = (url: string) => {
        const found = entry(url);
        return found.kind === 'entry' && found.entry.type === 'url';
      };
      const found = [...byPath].filter(([, urls]) => asUrl(urls[0] ?? ''));
      const wrong = whole.filter((host) => asUrl(`http://${host}/x`));
      const count = (some: readonly (readonly [string, readonly string[]])[]) => some.reduce((sum, [, urls]) => sum + urls.length, 0);
      return {
        hosts: found.length,
        precision: found.length / (found.length + wrong.length),
        recallOfHosts: found.length / byPath.size,
        recallOfUrls: count(found) / count([...byPath]),
        crowdedMissed: [...byPath].filter(([host, urls]) => urls.length >= VERY_MANY_URLS && !evidence.isShared(host)).map(([host]) => host),
      };
    };
    const alone = measure(new Set());
    const withList = measure(WIDELY_USED);
    console.log(`shared hosts against urlhaus-filter: body and seed ${JSON.stringify(alone)}; with a popularity list ${JSON.stringify(withList)}`);
    expect(alone.crowdedMissed).toEqual([]);
    expect(alone.precision).toBeGreaterThan(0.9);
    expect(alone.recallOfUrls).toBeGreaterThan(0.95);
    expect(withList.precision).toBeGreaterThan(0.9);
    expect(withList.recallOfUrls).toBeGreaterThan(0.97);
    // What is missed are sites of few URLs that the makers know to be popular from lists of a million hosts.
    expect(withList.recallOfHosts).toBeGreaterThan(0.5);
    expect(alone.recallOfHosts).toBeGreaterThan(0.1);
  });
});
