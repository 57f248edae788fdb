import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateHosts } from '../../datasets/harmful_domains/recording.js';
import { httpFetch } from '../../lambdas/ingest/http/fetch.js';
import { type Fault, feedServer } from '../../localstack/feeds/server.js';

describe('fetching from a feed that behaves like a real one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'feeds-'));
  const file = join(folder, 'body.gz');
  let server: Server;
  let url: string;
  beforeAll(async () => {
    writeFileSync(join(folder, 'list.hosts'), '0.0.0.0 a.example\n');
    server = feedServer([folder]);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  const local = httpFetch({ allowPrivate: true, sleep: async () => undefined });
  const get = (conditions: { etag?: string; lastModified?: string; maxBytes?: number } = {}) =>
    local({
      url: `${url}/list`,
      headers: {},
      secrets: [],
      etag: conditions.etag ?? null,
      lastModified: conditions.lastModified ?? null,
      maxBytes: conditions.maxBytes ?? 1_000_000,
      file,
    });
  const fault = (value: Fault | null) => fetch(`${url}/_fault/list`, value === null ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify(value) });

  test('stores the decoded body with its hash and validators', async () => {
    const result = await get();
    expect(result).toMatchObject({ kind: 'body', bytes: 18, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) });
    expect(gunzipSync(readFileSync(file)).toString()).toBe('0.0.0.0 a.example\n');
  });
  test('unpacks a body that is a gzip file itself, and reports one that is cut', async () => {
    const list = '0.0.0.0 a.example\n'.repeat(2_000);
    const packed = createServer((request, response) => {
      const body = gzipSync(list);
      response.end(request.url === '/cut' ? body.subarray(0, body.length - 20) : body);
    });
    await new Promise<void>((ready) => packed.listen(0, '127.0.0.1', ready));
    const at = `http://127.0.0.1:${(packed.address() as AddressInfo).port}`;
    const wanted = { headers: {}, secrets: [], etag: null, lastModified: null, maxBytes: 1_000_000, file };
    try {
      expect(await local({ ...wanted, url: `${at}/list.csv.gz` })).toMatchObject({ kind: 'body', bytes: list.length });
      expect(gunzipSync(readFileSync(file)).toString()).toBe(list);
      expect(await local({ ...wanted, url: `${at}/list.csv.gz`, maxBytes: 1_000 })).toMatchObject({ kind: 'failed', reason: 'body is larger than 1000 bytes' });
      expect(await local({ ...wanted, url: `${at}/cut` })).toMatchObject({ kind: 'failed', reason: expect.stringContaining('unexpected end of file') });
    } finally {
      packed.close();
      packed.closeAllConnections();
    }
  });
  test('gets 304 for the same ETag', async () => {
    const first = await get();
    expect(first.kind === 'body' && (await get({ etag: first.etag ?? '' }))).toEqual({ kind: 'notModified', status: 304 });
  });
  test.each([
    ['a status that is no success', { status: 503 }, { kind: 'failed', status: 503, reason: 'status 503' }],
    ['a body cut short', { truncateAt: 5 }, { kind: 'failed', status: 200 }],
    ['an encoding nobody asked for', { headers: { 'content-encoding': 'br' } }, { kind: 'failed', reason: 'content-encoding br was not asked for' }],
  ])('reports %s as failed', async (_what, broken, expected) => {
    await fault(broken);
    try {
      expect(await get()).toMatchObject(expected);
    } finally {
      await fault(null);
    }
  });
  test('reports a body beyond the contract’s bytes as failed', async () =>
    expect(await get({ maxBytes: 10 })).toMatchObject({ kind: 'failed', reason: 'body is larger than 10 bytes' }));
  test('reports a refused connection as failed', async () =>
    expect(await local({ url: 'http://127.0.0.1:1/', headers: {}, secrets: [], etag: null, lastModified: null, maxBytes: 1, file })).toMatchObject({
      kind: 'failed',
      status: null,
      reason: expect.stringContaining('ECONNREFUSED'),
    }));
});

test('the generator gives the same bytes for a seed, and only reserved names', () => {
  const shape = { seed: 7, domains: 500, ips: 3 };
  expect(generateHosts(shape)).toBe(generateHosts(shape));
  expect(generateHosts({ ...shape, seed: 8 })).not.toBe(generateHosts(shape));
  const names = generateHosts(shape)
    .split('\n')
    .filter((line) => /^0\.0\.0\.0\s+\S+\.\S+\.?/.test(line))
    .map((line) => line.split(/\s+/)[1]?.toLowerCase() ?? '');
  const real = names.filter((name) => !/\.(example|test|invalid)$|\.example\.(com|net|org)$|^[\d.]+$|level_$/.test(name));
  expect(real).toEqual([]);
});
