import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportServer } from '../../bin/commands/harmful_domains/export/server.js';
import type { Target } from '../../bin/lake/target.js';
import { feedServer } from '../../localstack/feeds/server.js';
import { frontDoor } from '../../localstack/front-door/server.js';
import { refusal } from '../../localstack/guard.js';
import { ROOT } from '../../localstack/paths.js';
import { send } from '../support/plain-http.js';

interface Vector {
  readonly passes: boolean;
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
}
const vectors = JSON.parse(readFileSync(join(ROOT, 'localstack', 'guard-vectors.json'), 'utf8')) as Vector[];

test.each(vectors)('$what: passes $passes', ({ headers, passes }) => expect(refusal(headers) === null).toBe(passes));

test('a refusal says what was refused and what to use', () => {
  expect(refusal({ host: 'rebound.example:4566' })).toBe('host "rebound.example:4566" is no name of this machine: use 127.0.0.1 or localhost');
  expect(refusal({ host: 'localhost:1', origin: 'https://page.example' })).toContain('"https://page.example" may not speak to this server');
});

test('the emulator, which is of Python, has the same rules', () => {
  const script = `
import json, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'localstack', 'services'))})
from guarded_emulator import headers_of, refusal
vectors = json.load(open(${JSON.stringify(join(ROOT, 'localstack', 'guard-vectors.json'))}))
print(json.dumps([refusal(headers_of([(k.encode(), v.encode()) for k, v in each["headers"].items()])) is None for each in vectors]))`;
  const output = execFileSync('python3', ['-c', script], { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
  expect(JSON.parse(output)).toEqual(vectors.map(({ passes }) => passes));
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const close = (server: Server) => {
  server.closeAllConnections();
  server.close();
};

describe('a web page', () => {
  const started: unknown[] = [];
  const passed: (string | undefined)[] = [];
  const emulator = createServer((incoming, outgoing) => {
    passed.push(incoming.url);
    outgoing.end('of the emulator');
  });
  const folder = mkdtempSync(join(tmpdir(), 'guard-'));
  const servers: Server[] = [emulator];
  const ports: Record<string, number> = {};
  beforeAll(async () => {
    const url = new URL(`http://127.0.0.1:${await listening(emulator)}`);
    const page = async () => ({ contentType: 'text/html', body: 'status' });
    const StartJobRun = (input: unknown) => ({ JobRunId: String(started.push(input)) });
    const of = {
      door: frontDoor(url, { AWSGlue: { StartJobRun } }, { '/_sluice/': page, '/metrics': page }),
      feeds: feedServer([folder]),
      lists: exportServer({} as Target, 'lists'),
    };
    for (const [name, server] of Object.entries(of)) {
      servers.push(server);
      ports[name] = await listening(server);
    }
  });
  afterAll(() => {
    for (const server of servers) close(server);
    rmSync(folder, { recursive: true });
  });
  const start = { method: 'POST', body: '{"JobName":"sluice-local-combined"}' };
  const target = { 'x-amz-target': 'AWSGlue.StartJobRun' };

  test.each([
    ['whose name was made to mean 127.0.0.1', (port: number) => ({ host: `rebound.example:${port}` })],
    ['from elsewhere', (port: number) => ({ host: `127.0.0.1:${port}`, origin: 'https://page.example' })],
    ['of another site, by a form', (port: number) => ({ host: `127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' })],
  ])('%s starts no job, reaches no emulator, reads no status, breaks no feed, reads no list', async (_which, headers) => {
    const { door = 0, feeds = 0, lists = 0 } = ports;
    const before = [started.length, passed.length];
    const answers = [
      await send(door, { ...headers(door), ...target }, start),
      await send(door, headers(door), { path: '/bucket/key' }),
      await send(door, headers(door), { path: '/_sluice/' }),
      await send(door, headers(door), { path: '/_sluice/health' }),
      await send(door, headers(door), { path: '/metrics' }),
      await send(feeds, headers(feeds), { method: 'PUT', path: '/_fault/list', body: '{"status":503}' }),
      await send(lists, headers(lists), { path: '/lists/latest/manifest.json' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
    expect(answers[0]?.body).toMatch(/no name of this machine|may not speak to this server/);
    expect([started.length, passed.length]).toEqual(before);
  });

  test('is told apart from a client of AWS, by address and by the name of a bucket', async () => {
    const { door = 0 } = ports;
    expect((await send(door, { host: `127.0.0.1:${door}`, ...target }, start)).status).toBe(200);
    expect(started).toHaveLength(1);
    for (const host of [`localhost:${door}`, `bucket.s3.localhost:${door}`, `bucket.localhost.localstack.cloud:${door}`])
      expect((await send(door, { host })).body).toBe('of the emulator');
  });

  test('cannot open a WebSocket either', async () => {
    const { door = 0 } = ports;
    const head = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${door}\r\nOrigin: https://page.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(door, '127.0.0.1', () => socket.write(head));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
});
