import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEADLINES, type FetchOptions, httpFetch, MAX_TRIES } from '../../lambdas/ingest/http/fetch.js';
import { isPublicAddress } from '../../lambdas/ingest/http/guard.js';
import { redactUrl } from '../../lambdas/ingest/http/redact.js';
import { backoffMs, MAX_RETRY_AFTER_MS, retryAfterMs } from '../../lambdas/ingest/http/retry.js';

test.each([
  ['1.1.1.1', true],
  ['2606:4700::1', true],
  ['10.0.0.1', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fe80::1%eth0', false],
  ['fd00:ec2::254', false],
  ['::ffff:169.254.169.254', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['2002:a9fe:a9fe::', false],
  ['not an address', false],
])('%s is public: %s', (address, expected) => expect(isPublicAddress(address)).toBe(expected));

/** The internet of these tests: names and where they lead. Every connection ends at one loopback server. */
describe('fetching from the internet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-'));
  const file = join(folder, 'body.gz');
  const PUBLIC = '93.184.216.34';
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let requests: string[] = [];
  let connected: string[] = [];
  let waits: number[] = [];
  let addresses: Record<string, string[][]> = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(`${request.headers.host}${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    requests = [];
    connected = [];
    waits = [];
    addresses = {};
  });

  const fetcher = (options: FetchOptions = {}) =>
    httpFetch({
      resolve: async (hostname) => {
        const answers = addresses[hostname];
        return (answers && answers.length > 1 ? answers.shift() : answers?.[0]) ?? [PUBLIC];
      },
      connector: (target, callback) => {
        connected.push(target.hostname);
        const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
        socket.once('connect', () => callback(null, socket));
        socket.once('error', (error) => callback(error, null));
      },
      sleep: async (milliseconds) => void waits.push(milliseconds),
      random: () => 0.5,
      ...options,
    });
  const get = (url: string, options: FetchOptions = {}, maxBytes = 1_000_000) =>
    fetcher(options)({ url, headers: {}, secrets: [], etag: null, lastModified: null, maxBytes, file });
  const list = (_request: IncomingMessage, response: ServerResponse) => void response.end('0.0.0.0 a.example\n');
  const redirect =
    (...locations: string[]) =>
    (_request: IncomingMessage, response: ServerResponse) => {
      const location = locations.length > 1 ? locations.shift() : locations[0];
      response.writeHead(302, { location }).end();
    };

  test('connects to the address that was checked', async () => {
    answer = list;
    expect(await get('http://feed.example/list')).toMatchObject({ kind: 'body', bytes: 18 });
    expect([connected, requests]).toEqual([[PUBLIC], ['feed.example/list']]);
  });

  test.each([
    'http://127.0.0.1/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://2130706433/',
    'http://127.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://[::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.8/',
    'http://user:pass@feed.example/',
    'file:///etc/passwd',
    'data:text/plain,0.0.0.0%20a.example',
    'ftp://feed.example/',
  ])('goes nowhere for %s, asked for or redirected to', async (url) => {
    answer = redirect(url);
    expect(await get(url)).toMatchObject({ kind: 'failed', status: null });
    expect([connected, waits]).toEqual([[], []]);
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/no public address|not fetched/) });
    expect([connected, waits]).toEqual([[PUBLIC], []]);
  });

  test('refuses a name that leads to a private address, among others or after a first good answer', async () => {
    answer = redirect('http://rebinding.example/');
    addresses = { 'metadata.example': [['169.254.169.254']], 'mixed.example': [[PUBLIC, '10.0.0.1']], 'rebinding.example': [[PUBLIC], ['127.0.0.1']] };
    expect(await get('http://metadata.example/')).toMatchObject({ reason: 'metadata.example leads to 169.254.169.254, which is no public address' });
    expect(await get('http://mixed.example/')).toMatchObject({ reason: 'mixed.example leads to 10.0.0.1, which is no public address' });
    expect(connected).toEqual([]);
    answer = (_request, response) => void response.writeHead(302, { location: 'http://rebinding.example/again', connection: 'close' }).end();
    expect(await get('http://rebinding.example/')).toMatchObject({ reason: 'rebinding.example leads to 127.0.0.1, which is no public address' });
    expect(connected).toEqual([PUBLIC]);
  });

  test('follows five redirects, and no loop', async () => {
    answer = (request, response) => (request.url === '/5' ? list(request, response) : redirect(`/${Number(request.url?.slice(1)) + 1}`)(request, response));
    expect(await get('http://feed.example/0')).toMatchObject({ kind: 'body' });
    answer = redirect('/again');
    requests = [];
    expect(await get('http://feed.example/0')).toMatchObject({ kind: 'failed', reason: 'more than 5 redirects' });
    expect(requests).toHaveLength(6);
  });

  test('tries again after 408, 425, 429, 5xx and a broken connection, waiting with jitter; never after another status', async () => {
    for (const status of [408, 425, 429, 500, 503]) {
      waits = [];
      let tries = 0;
      answer = (request, response) => (++tries < 3 ? void response.writeHead(status).end() : list(request, response));
      expect(await get('http://feed.example/')).toMatchObject({ kind: 'body' });
      expect(waits).toEqual([0, 1].map((attempt) => backoffMs(attempt, 0.5)));
    }
    for (const status of [400, 401, 403, 404, 410]) {
      requests = [];
      answer = (_request, response) => void response.writeHead(status).end();
      expect(await get('http://feed.example/')).toMatchObject({ kind: 'failed', status, reason: `status ${status}` });
      expect(requests).toHaveLength(1);
    }
    requests = [];
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('cut', () => response.destroy());
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'failed', status: 200 });
    expect(requests).toHaveLength(MAX_TRIES);
  });

  test('honours Retry-After, and not an absurd one', async () => {
    let tries = 0;
    answer = (request, response) => (++tries === 1 ? void response.writeHead(429, { 'retry-after': '7' }).end() : list(request, response));
    await get('http://feed.example/');
    expect(waits).toEqual([7_000]);
    waits = [];
    tries = 0;
    answer = (request, response) => (++tries === 1 ? void response.writeHead(429, { 'retry-after': '99999999' }).end() : list(request, response));
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'body' });
    expect(waits).toEqual([MAX_RETRY_AFTER_MS]);
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(['Thu, 01 Jan 2026 00:00:30 GMT', 'soon', '-3', null].map((header) => retryAfterMs(header, now))).toEqual([30_000, null, null, null]);
  });

  test('stops at a deadline: slow headers, a slow drip, an endless body', async () => {
    answer = () => undefined;
    const short = { ...DEADLINES, headers: 100, body: 100, total: 1_500 };
    expect(await get('http://feed.example/', { deadlines: { ...short, total: 300 } })).toMatchObject({
      kind: 'failed',
      status: null,
      reason: 'no whole answer within the deadline for all tries',
    });
    answer = (_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(drip));
    };
    const began = Date.now();
    expect(await get('http://feed.example/', { deadlines: { ...short, total: 400 } })).toMatchObject({ kind: 'failed', status: 200 });
    expect(Date.now() - began).toBeLessThan(10_000);
    answer = (_request, response) => {
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'a')));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    };
    expect(await get('http://feed.example/', {}, 1_000_000)).toMatchObject({ kind: 'failed', reason: 'body is larger than 1000000 bytes' });
  });

  test('decodes gzip, its concatenated members too, within the bound of decoded bytes; refuses other, stacked and lying encodings', async () => {
    const gzipped =
      (body: Buffer, encoding = 'gzip') =>
      (_request: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': encoding }).end(body);
    answer = gzipped(Buffer.concat([gzipSync('0.0.0.0 a.example\n'), gzipSync('0.0.0.0 b.example\n')]));
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'body', bytes: 36 });
    expect(gunzipSync(readFileSync(file)).toString()).toBe('0.0.0.0 a.example\n0.0.0.0 b.example\n');
    answer = gzipped(gzipSync(Buffer.alloc(50_000_000)));
    expect(await get('http://feed.example/')).toMatchObject({ reason: 'body is larger than 1000000 bytes' });
    answer = gzipped(gzipSync(gzipSync('x')), 'gzip, gzip');
    expect(await get('http://feed.example/')).toMatchObject({ reason: 'content-encoding gzip, gzip was not asked for' });
    requests = [];
    answer = gzipped(Buffer.from('not gzip at all'));
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('Z_DATA_ERROR') });
    expect(requests).toHaveLength(1);
    answer = gzipped(gzipSync('0.0.0.0 a.example\n'.repeat(1000)).subarray(0, 40));
    expect(await get('http://feed.example/')).toMatchObject({ kind: 'failed' });
  });

  test('tells no secret: neither user information nor keys', async () => {
    expect(redactUrl('https://user:pass@feed.example/x?auth-key=abc&page=2&Token=t')).toBe('https://feed.example/x?auth-key=***&page=2&Token=***');
    addresses = { 'metadata.example': [['169.254.169.254']] };
    expect(JSON.stringify(await get('http://user:hunter2@feed.example/?key=hunter2'))).not.toContain('hunter2');
    expect(JSON.stringify(await get('http://metadata.example/?key=hunter2'))).not.toContain('hunter2');
  });
});

test('a redirect from https to http is refused', async () => {
  // The TLS server of this test is its connector: undici talks HTTP/1.1 to whatever socket it is given.
  const server = createServer((_request, response) => void response.writeHead(302, { location: 'http://feed.example/?key=hunter2' }).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const fetch = httpFetch({
      resolve: async () => ['93.184.216.34'],
      connector: (_target, callback) => {
        const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
        socket.once('connect', () => callback(null, socket));
      },
    });
    const result = await fetch({ url: 'https://feed.example/', headers: {}, secrets: [], etag: null, lastModified: null, maxBytes: 10, file: '/dev/null' });
    expect(result).toMatchObject({ kind: 'failed', reason: 'redirected from https to http (http://feed.example/?key=***)' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
