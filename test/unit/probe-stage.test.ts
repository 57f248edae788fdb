import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test, vi } from 'vitest';
import { keptBy } from '../../bin/commands/sources/probe/kept.js';
import { knownTo, secretsOf } from '../../bin/commands/sources/probe/known.js';
import type { KeptRow } from '../../contracts/reading.js';
import type { Known } from '../../lambdas/ingest/probe.js';
import { encodeRow } from '../../lambdas/ingest/snapshot/row.js';

const NOTHING_KNOWN: Known = { etag: null, lastModified: null, notBefore: null };

describe('what a probe takes from a stage', () => {
  const identity = { app: 'sluice', stage: 'dev' } as const;
  /** A state table that gives one answer to everything. */
  async function stateTable<T>(status: number, body: object, use: (dynamo: DynamoDBClient) => Promise<T>): Promise<T> {
    const table = createServer((_request, response) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body)));
    await new Promise<void>((ready) => table.listen(0, '127.0.0.1', ready));
    const endpoint = `http://127.0.0.1:${(table.address() as AddressInfo).port}`;
    const dynamo = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts: 1 });
    try {
      return await use(dynamo);
    } finally {
      dynamo.destroy();
      table.close();
      table.closeAllConnections();
    }
  }

  test('are the validators of what it holds, and when the source may be asked', async () => {
    const Item = { currentSnapshot: { M: { etag: { S: '"1"' }, lastModified: { NULL: true } } }, notBefore: { N: '5' } };
    expect(await stateTable(200, { Item }, (dynamo) => knownTo({ dynamo, identity }, 'crux'))).toEqual({ etag: '"1"', lastModified: null, notBefore: 5 });
    expect(await stateTable(200, {}, (dynamo) => knownTo({ dynamo, identity }, 'crux'))).toEqual(NOTHING_KNOWN);
    expect(await knownTo(null, 'crux')).toEqual(NOTHING_KNOWN);
  });

  test('is nothing where it does not answer: the source is asked all the same', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      expect(
        await stateTable(400, { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', message: 'no table' }, (dynamo) => knownTo({ dynamo, identity }, 'crux')),
      ).toEqual(NOTHING_KNOWN);
      expect(said.mock.calls.flat().join('')).toContain('crux: what the lake holds is not known: no table');
    } finally {
      said.mockRestore();
    }
  });

  /** Lambda, DynamoDB and S3 of a stage, in one; a call that is not among `answers` fails. */
  async function stage<T>(answers: Readonly<Record<string, string | Buffer>>, use: (lake: Parameters<typeof keptBy>[0]) => Promise<T>): Promise<T> {
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const pk = /"pk":\{"S":"([^"]*)"\}/.exec(text)?.[1];
      const answer = answers[pk ?? (request.url ?? '').split('?')[0] ?? ''];
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts: 1 };
    const [lambda, dynamo, s3] = [new LambdaClient(settings), new DynamoDBClient(settings), new S3Client({ ...settings, forcePathStyle: true })];
    try {
      return await use({ lambda, dynamo, s3, identity });
    } finally {
      for (const each of [lambda, dynamo, s3]) each.destroy();
      server.close();
      server.closeAllConnections();
    }
  }
  const row = (key: string): KeptRow => ({ key, event: 'added', sequence: 1, observedAt: 0, place: 1, content: '' });
  const snapshot = (...keys: readonly string[]) => gzipSync(keys.map((key) => encodeRow(row(key))).join(''));
  async function rowsOf(kept: ReturnType<typeof keptBy>, source: string): Promise<KeptRow[] | null> {
    const rows = await kept(source);
    if (rows === null) return null;
    const all: KeptRow[] = [];
    for await (const each of rows) all.push(each);
    return all;
  }
  const held = (key: string) => JSON.stringify({ Item: { currentSnapshot: { M: { key: { S: key } } } } });
  const INGEST = '/2015-03-31/functions/sluice-dev-ingest/configuration';

  test('are the rows of its last snapshots, which are evidence of shared hosts', async () => {
    const answers = {
      [INGEST]: JSON.stringify({ Environment: { Variables: { LANDING_BUCKET: 'landing', STATE_TABLE: 'state' } } }),
      'source#majestic': '{}',
      'source#urlhaus_csv': held('u'),
      '/landing/u': snapshot('url\thttps://once.example/x\texact\tblock'),
    };
    expect(await stage(answers, (lake) => rowsOf(keptBy(lake), 'urlhaus_csv'))).toEqual([row('url\thttps://once.example/x\texact\tblock')]);
    expect(await stage(answers, (lake) => rowsOf(keptBy(lake), 'majestic'))).toBeNull();
    expect(await rowsOf(keptBy(null), 'urlhaus_csv')).toBeNull();
  });

  test('are no rows where it does not answer, and it says so', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      expect(await stage({}, (lake) => rowsOf(keptBy(lake), 'urlhaus_csv'))).toBeNull();
      expect(await stage({ [INGEST]: '{}' }, (lake) => rowsOf(keptBy(lake), 'urlhaus_csv'))).toBeNull();
      expect(said.mock.calls.flat().join('')).toMatch(/urlhaus_csv: its last snapshot in the lake cannot be read, and is no evidence.*names no bucket/s);
    } finally {
      said.mockRestore();
    }
  });

  test('is its keys, unless SLUICE_SOURCE_KEYS has them', async () => {
    const secret = secretsOf(null, { SLUICE_SOURCE_KEYS: ' abuse-ch = a=b , phishtank=p' });
    expect([await secret('abuse-ch'), await secret('phishtank'), await secret('other'), await secretsOf(null, {})('abuse-ch')]).toEqual(['a=b', 'p', undefined, undefined]);
  });
});
