import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { HttpSource } from '../../contracts/index.js';
import type { KeptRow } from '../../contracts/reading.js';
import { detectFormat } from '../../datasets/harmful_domains/formats/detect.js';
import { findSource, httpSources } from '../../datasets/index.js';
import { readerOf } from '../../datasets/readers.js';
import { httpFetch } from '../../lambdas/ingest/http/fetch.js';
import { targetOf } from '../../lambdas/ingest/http/request.js';
import { type Known, type Probe, type ProbeDeps, probe } from '../../lambdas/ingest/probe.js';
import type { Fault } from '../../localstack/feeds/server.js';
import { useServedFeeds } from '../support/served-feeds.js';
import { SHARED_DATA, testWithSharedData } from '../support/shared-data.js';

const feeds = useServedFeeds();

const source = (name: string): HttpSource => findSource(name).source;
const NOTHING_KNOWN: Known = { etag: null, lastModified: null, notBefore: null };
const deps = (changes: Partial<ProbeDeps> = {}): ProbeDeps => ({
  fetch: httpFetch({ allowPrivate: true, tries: 1 }),
  target: (of) => targetOf(of, { feedsUrl: feeds.url, secret: async () => undefined }),
  reader: ({ name }) => readerOf(findSource(name).dataset.name),
  known: async () => NOTHING_KNOWN,
  kept: async () => null,
  asked: () => undefined,
  now: Date.now,
  temporaryFolder: feeds.temporaryFolder,
  ...changes,
});
const look = (name: string, changes: Partial<ProbeDeps> = {}): Promise<Probe> => probe(source(name), deps(changes));

const REAL: Readonly<Record<string, string | null>> = {
  'disposable_email_blocklist.conf': 'plain',
  'easylist-2026-08-13.txt.gz': null,
  'stevenblack-2019-03-27.hosts.gz': 'hosts',
  'urlhaus-filter-2025-07/agh.txt.gz': 'adblock',
  'urlhaus-filter-2025-07/bind.conf.gz': 'bind',
  'urlhaus-filter-2025-07/dnsmasq.conf.gz': 'dnsmasq',
  'urlhaus-filter-2025-07/domains.txt.gz': 'plain',
  'urlhaus-filter-2025-07/hosts.txt.gz': 'hosts',
  'urlhaus-filter-2025-07/rpz.conf.gz': 'rpz',
  'urlhaus-filter-2025-07/unbound.conf.gz': 'unbound',
  'urlhaus-filter-2025-07/wildcard.txt.gz': 'wildcard',
};

describe('the format of a body', () => {
  const detecting = httpSources().flatMap(({ dataset, source: { name, format } }) => {
    const { detect } = readerOf(dataset.name);
    return detect ? [[name, format, detect] as const] : [];
  });
  test.each(detecting)('as %s has it is %s', (name, format, detect) => {
    expect(detect(feeds.recordingOf(name))).toBe(format);
  });

  testWithSharedData('of real lists, by their first 64 KiB; of EasyList, whose first rules are by path, none', () => {
    const detected = Object.fromEntries(
      Object.keys(REAL).map((file) => {
        const body = readFileSync(join(SHARED_DATA, 'blocklists', file));
        const head = (file.endsWith('.gz') ? gunzipSync(body) : body).subarray(0, 64 * 1024);
        return [file, detectFormat(head.subarray(0, head.lastIndexOf('\n') + 1))];
      }),
    );
    expect(detected).toEqual(REAL);
  });

  test.each<[string, string]>([
    ['a page', '<!doctype html>\n<html><body>\n<p>moved</p>\n</body></html>\n'],
    ['prose', 'The list has moved.\nSee the new address.\n'],
    ['nothing', ''],
    ['comments alone', '# a\n# b\n'],
  ])('that is %s is none', (_what, body) => expect(detectFormat(Buffer.from(body))).toBeNull());
});

describe('a probe', () => {
  test.each(httpSources().map(({ source: { name } }) => name))('finds the recording of %s as its contract says, by one request, and keeps nothing', async (name) => {
    feeds.asked.length = 0;
    const found = await look(name);
    expect(found).toMatchObject({ source: name, outcome: 'ok', status: 200, redirects: [], detected: source(name).format, reason: null, differs: [] });
    expect(found.read).toBeGreaterThan(source(name).bounds.minEntries);
    expect(found.bytes).toBe(feeds.recordingOf(name).length);
    expect(feeds.asked).toEqual([`/${name}`]);
    expect(readdirSync(feeds.temporaryFolder)).toEqual([]);
  });

  test('is conditional: what the lake holds already is not sent again', async () => {
    const head = await fetch(`${feeds.url}/adguard_dns`);
    await head.arrayBuffer();
    const known = async () => ({ ...NOTHING_KNOWN, etag: head.headers.get('etag') });
    expect(await look('adguard_dns', { known })).toMatchObject({ outcome: 'not_modified', status: 304, bytes: null, read: null, differs: [] });
  });

  test('leaves a source alone that asks for it, and tells when it asks one that has an interval', async () => {
    feeds.asked.length = 0;
    const now = Date.parse('2026-11-27T12:00:00Z');
    const known = async () => ({ ...NOTHING_KNOWN, notBefore: now + 1 });
    expect(await look('openphish', { known, now: () => now })).toMatchObject({
      outcome: 'skipped',
      reason: 'the source asks not to be fetched before 2026-11-27T12:00:00.001Z',
      status: null,
    });
    expect(feeds.asked).toEqual([]);
    const told: [string, number][] = [];
    const target: ProbeDeps['target'] = async () => ({ url: `${feeds.url}/openphish`, headers: {}, secrets: [], minIntervalMs: 1 });
    expect(
      await look('openphish', { known: async () => ({ ...NOTHING_KNOWN, notBefore: now }), now: () => now, target, asked: ({ name }, at) => told.push([name, at]) }),
    ).toMatchObject({
      outcome: 'ok',
    });
    expect(told).toEqual([['openphish', now]]);
  });

  test.each<[string, Fault, Partial<Probe>]>([
    ['a status of its own trouble', { status: 503 }, { outcome: 'failed', status: 503, reason: 'status 503' }],
    ['too many requests', { status: 429, headers: { 'retry-after': '120' } }, { outcome: 'failed', status: 429, reason: 'status 429: it asks to be left alone, for 120 s' }],
    ['gone', { status: 410 }, { outcome: 'failed', status: 410, reason: expect.stringMatching(/^status 410: it is gone from there \(https:/) as never }],
    ['a door that is shut', { status: 403 }, { outcome: 'failed', status: 403, reason: expect.stringMatching(/^status 403: it asks for a key, or refuses/) as never }],
    [
      'HTML with 200',
      { body: '<!DOCTYPE html><title>moved</title>', headers: { 'content-type': 'text/html' } },
      { outcome: 'differs', status: 200, contentType: 'text/html', detected: null, differs: ['the body is HTML'] },
    ],
    ['a zip archive', { body: 'PK\u0003\u0004 and so on' }, { outcome: 'differs', detected: null, differs: ['the body is a zip archive, which is not unpacked'] }],
    ['nothing', { body: '' }, { outcome: 'differs', detected: null, differs: ['the body is empty'] }],
    ['a body cut short', { truncateAt: 100 }, { outcome: 'failed', status: 200 }],
  ])('that meets %s says so, after one request', async (_what, fault, expected) => {
    feeds.asked.length = 0;
    await feeds.breakFeed('hagezi_pro', fault);
    expect(await look('hagezi_pro')).toMatchObject(expected);
    expect(feeds.asked).toHaveLength(2);
    expect(readdirSync(feeds.temporaryFolder)).toEqual([]);
  });

  test('counts URLs on hosts that many share as ingestion does: by the body, and by what a lake knows', async () => {
    const urls = [...Array.from({ length: 10 }, (_, i) => `https://files.example/u${i}/x.exe`), 'https://img.cdn.example/a', 'https://img.cdn.example/b', 'https://bad.example/x'];
    const body = [
      '# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter',
      ...urls.map((each, i) => `"${i}","2026-10-31 12:00:05","${each}","online","","malware_download","elf","https://urlhaus.abuse.ch/url/${i}/","r"`),
      '',
    ];
    await feeds.breakFeed('urlhaus_csv', { body: body.join('\r\n') });
    // Ten URLs of one host and the names of two; with a popularity list that has the one's domain, its two URLs.
    expect((await look('urlhaus_csv')).read).toBe(12);
    const kept = async (name: string) => {
      const row: KeptRow = { key: 'domain\tcdn.example\texact\tpopular', event: 'added', sequence: 1, observedAt: 0, place: 1, content: '' };
      return name === 'majestic'
        ? (async function* () {
            yield row;
          })()
        : null;
    };
    expect((await look('urlhaus_csv', { kept })).read).toBe(13);
  });

  test('looks at what a lake holds for lists of URLs alone', async () => {
    const looked: string[] = [];
    const kept: ProbeDeps['kept'] = async (name) => {
      looked.push(name);
      return null;
    };
    await look('hagezi_pro', { kept });
    expect(looked).toEqual([]);
    await look('openphish', { kept });
    expect(looked).toContain('openphish');
  });

  test('names the format that a list has changed to', async () => {
    await feeds.breakFeed('hagezi_pro', { body: feeds.recordingOf('stevenblack').toString() });
    expect(await look('hagezi_pro')).toMatchObject({
      outcome: 'differs',
      declared: 'wildcard',
      detected: 'hosts',
      differs: expect.arrayContaining(['its rows are hosts, the contract says wildcard']),
    });
    // As HaGeZi's NSFW list did on 2026-05-26: still read, and without what lies below each name.
    await feeds.breakFeed('hagezi_pro', { body: feeds.recordingOf('hagezi_pro').toString().replaceAll('*.', '') });
    expect(await look('hagezi_pro')).toMatchObject({ outcome: 'differs', detected: 'plain', differs: ['its rows are plain, the contract says wildcard'] });
    await feeds.breakFeed('hagezi_pro', { body: 'The list has moved.\nSee the new address.\n' });
    expect(await look('hagezi_pro')).toMatchObject({
      outcome: 'differs',
      detected: null,
      read: 0,
      differs: expect.arrayContaining(['its rows are of no format that is read here, the contract says wildcard']),
    });
  });

  test('follows redirects and tells them; one for good is a difference, and a key in it is not shown', async () => {
    await feeds.breakFeed('cert_pl', { status: 302, headers: { location: '/adguard_dns' } });
    expect(await look('cert_pl')).toMatchObject({ outcome: 'ok', status: 200, redirects: [{ status: 302, to: `${feeds.url}/adguard_dns` }], differs: [] });
    await feeds.breakFeed('cert_pl', { status: 301, headers: { location: '/adguard_dns?auth-key=abc' } });
    const moved = await look('cert_pl');
    expect(moved).toMatchObject({
      outcome: 'differs',
      redirects: [{ status: 301, to: `${feeds.url}/adguard_dns?auth-key=***` }],
      differs: [`it has moved for good to ${feeds.url}/adguard_dns?auth-key=*** (301)`],
    });
    await feeds.breakFeed('cert_pl', { status: 302, headers: { location: '/cert_pl' } });
    expect(await look('cert_pl')).toMatchObject({ outcome: 'failed', reason: 'more than 5 redirects' });
  });

  test('fetches from public addresses alone, where the feeds are live', async () => {
    feeds.asked.length = 0;
    const target: ProbeDeps['target'] = async () => ({ url: `${feeds.url}/cert_pl`, headers: {}, secrets: [], minIntervalMs: 0 });
    expect(await look('cert_pl', { fetch: httpFetch({ tries: 1 }), target })).toMatchObject({
      outcome: 'failed',
      status: null,
      reason: expect.stringContaining('no public address'),
    });
    expect(feeds.asked).toEqual([]);
  });

  test('without its key says where to put it; with it, the key is in nothing that is told', async () => {
    const target =
      (secret: string | undefined): ProbeDeps['target'] =>
      async (of) =>
        targetOf({ ...of, url: `${feeds.url}/{key}/list` }, { secret: async () => secret });
    expect(await look('urlhaus_csv', { target: target(undefined) })).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('urlhaus_csv asks for a key') });
    const refused = await look('urlhaus_csv', { target: target('k3y-0f-n0b0dy') });
    expect(refused).toMatchObject({ outcome: 'failed', status: 404 });
    expect(JSON.stringify(refused)).not.toContain('k3y-0f-n0b0dy');
  });
});
