import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateLoad } from '../../bench/load.js';
import { localBucket } from '../../localstack/identity.js';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { anyPort } from '../../localstack/ports.js';
import { sleep, startProcess, stopProcess } from '../../localstack/process.js';
import { awaitEmulator, emulatorSpec } from '../../localstack/services/emulator.js';
import { FaultProxy, type S3Fault } from '../support/fault-proxy.js';
import { type Lake, useLake } from '../support/lake.js';

const FAULT_MS = 20_000;
const CAUGHT_UP_MS = 300_000;
const PER_SECOND = 20;
/** The load's own: a canary's number is far above. */
const MAX_IN_GOLD = "SELECT max(s.sequence) FROM gold.harmful_domains CROSS JOIN UNNEST(transform(filter(sources, x -> x.source = 'load'), x -> x.sequence)) AS s(sequence)";

/** A lake whose emulator stands behind a proxy that can fail, or act, at a request for its tables and checkpoints. */
function useProxiedLake(give: (lake: Lake, proxy: FaultProxy) => void, deployEnv: Record<string, string> = {}): void {
  const theirs = homeAt(mkdtempSync(join(ROOT, '.sluice', 'theirs-')));
  let proxy: FaultProxy;
  let url: string;
  beforeAll(async () => {
    const port = await anyPort();
    startProcess(theirs, emulatorSpec(theirs, port, port));
    await awaitEmulator(port, () => 'the emulator was not ready');
    const buckets = ['lake', 'checkpoints'].map((name) => `/${localBucket(name)}`);
    proxy = new FaultProxy(port, (path) => buckets.some((bucket) => path.startsWith(bucket)));
    url = await proxy.listen();
  });
  afterAll(async () => {
    await proxy.close();
    await stopProcess(theirs, 'emulator');
    rmSync(theirs.root, { recursive: true, force: true });
  });
  useLake(
    (started) => give(started, proxy),
    () => ({ emulatorUrl: url, generated: true, deployEnv }),
  );
}

describe('S3 fails for 20 seconds under load', () => {
  let lake: Lake;
  let proxy: FaultProxy;
  // The watchdog's schedule runs: a driver that gave up is started again by it.
  useProxiedLake(
    (started, before) => {
      [lake, proxy] = [started, before];
    },
    { SLUICE_WATCHDOG_MINUTES: '1' },
  );

  let loaded = 0;
  test.each<[string, S3Fault]>([
    ['throttled', { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' }],
    ['its disk is full', { status: 500, code: 'InternalError', message: 'No space left on device', methods: ['PUT', 'POST'] }],
  ])(
    '%s: an alarm at the next check, nothing lost or doubled, caught up within five minutes',
    async (_, fault) => {
      const load = generateLoad({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, perSecond: PER_SECOND, keys: 500, seconds: 40, firstSequence: loaded });
      await sleep(10_000);
      const before = proxy.faults;
      proxy.fault = fault;
      const failing = Date.now();
      const report = await lake.monitor();
      expect(report.checks.find(({ check }) => check === 'storage')).toMatchObject({ state: 'failed' });
      await lake.alarmBecomes('storage', 'ALARM', 60_000);
      await sleep(Math.max(0, FAULT_MS - (Date.now() - failing)));
      proxy.fault = null;
      expect(proxy.faults).toBeGreaterThan(before);
      loaded += await load;
      await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load'", loaded, CAUGHT_UP_MS);
      expect(await lake.number("SELECT count(DISTINCT sequence) FROM silver.harmful_domains WHERE source = 'load'")).toBe(loaded);
      await lake.becomes(MAX_IN_GOLD, loaded, CAUGHT_UP_MS);
      expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
      expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
      await lake.alarmClears('storage');
    },
    900_000,
  );
});

const SILVER = `${localBucket('lake')}/silver/harmful_domains`;
const GOLD = `${localBucket('lake')}/gold/harmful_domains`;
const POINTS: readonly (readonly [point: string, path: RegExp, when: 'before' | 'after', body?: RegExp])[] = [
  ['mid-Parquet, Bronze', new RegExp(`${localBucket('lake')}/bronze/harmful_domains/.*\\.parquet$`), 'before'],
  ['mid-Parquet, Silver', new RegExp(`${SILVER}/.*\\.parquet$`), 'before'],
  ['before the Delta commit', new RegExp(`${SILVER}/_delta_log/\\d+\\.json$`), 'before'],
  ['after the Delta commit', new RegExp(`${SILVER}/_delta_log/\\d+\\.json$`), 'after'],
  ['before the commit of the ledger', new RegExp(`${localBucket('lake')}/ops/ledger/_delta_log/\\d+\\.json$`), 'before'],
  ['in MERGE, before its commit', new RegExp(`${GOLD}/.*\\.parquet$`), 'before'],
  ['after MERGE’s commit', new RegExp(`${GOLD}/_delta_log/\\d+\\.json$`), 'after'],
  // One pass: its checkpoint is Bronze's.
  ['before Spark’s commit log', new RegExp(`${localBucket('checkpoints')}/bronze/harmful_domains/commits/\\d+`), 'before'],
  ['in OPTIMIZE, before its commit', new RegExp(`${SILVER}/_delta_log/\\d+\\.json$`), 'before', /"operation":"OPTIMIZE"/],
  ['after OPTIMIZE’s commit', new RegExp(`${SILVER}/_delta_log/\\d+\\.json$`), 'after', /"operation":"OPTIMIZE"/],
  ['after the offsets were planned', new RegExp(`${localBucket('checkpoints')}/bronze/harmful_domains/offsets/\\d+`), 'after'],
];

describe('SIGKILL at a chosen point of a batch', () => {
  let lake: Lake;
  let proxy: FaultProxy;
  useProxiedLake(
    (started, before) => {
      [lake, proxy] = [started, before];
    },
    { SLUICE_OPTIMISE_AFTER_COMMITS: '2' },
  );

  test('leaves the exact multiset of rows, whichever point it is', async () => {
    let loaded = 0;
    for (const [point, path, when, body] of POINTS) {
      const run = lake.run('combined');
      const pid = run?.process?.pid;
      if (pid === undefined) throw new Error('the driver does not run');
      let killed = false;
      proxy.tripwire = {
        method: 'PUT',
        path,
        when,
        ...(body === undefined ? {} : { body }),
        act: () => {
          process.kill(-pid, 'SIGKILL');
          killed = true;
        },
      };
      // Maintenance waits until its time has been earned: records go on coming until the point is reached.
      const deadline = Date.now() + 180_000;
      do {
        loaded += await generateLoad({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, perSecond: PER_SECOND, keys: 300, seconds: 3, firstSequence: loaded });
        await sleep(2_000);
        if (Date.now() > deadline) throw new Error(`nothing was written at the point "${point}"`);
      } while (!killed);
      process.stderr.write(`  killed ${point}\n`);
      await lake.watchdog();
      await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load'", loaded);
    }
    expect(await lake.number("SELECT count(DISTINCT sequence) FROM silver.harmful_domains WHERE source = 'load'")).toBe(loaded);
    expect(await lake.number('SELECT count(*) FROM bronze.harmful_domains WHERE from_utf8(key) LIKE \'["load"%\'')).toBe(loaded);
    await lake.becomes(MAX_IN_GOLD, loaded);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
    const compared = await lake.cli('rebuild', 'gold.harmful_domains', '--json');
    expect(JSON.parse(compared.stdout), compared.stderr).toMatchObject({ different: 0, only_old: 0, only_new: 0 });
  }, 1_500_000);
});
