import { describe, expect, test } from 'vitest';
import { generateLoad } from '../../bench/load.js';
import { SOURCE_STATE_NAMES } from '../../datasets/harmful_domains/contract.js';
import { findRunning, isAlive } from '../../localstack/process.js';
import { jobRuns, runIsAlive } from '../../localstack/stack/job-runs.js';
import { type Lake, useLake } from '../support/lake.js';
import { send } from '../support/plain-http.js';
import { testWithSharedData } from '../support/shared-data.js';

const LOAD_KEYS = 500;
const LOAD_PER_SECOND = 100;
const LOAD_SECONDS = 60;
const LOADED = LOAD_PER_SECOND * LOAD_SECONDS;

/** Each layer's rows of the recorded list. */
const BY_LAYER = {
  bronze: `SELECT count(*) FROM bronze.harmful_domains WHERE element_at(transform(filter(headers, h -> h.key = 'sluice-source'), h -> from_utf8(h.value)), 1) = 'stevenblack'`,
  silver: `SELECT count(*) FROM silver.harmful_domains WHERE source = 'stevenblack'`,
  gold: `SELECT count(*) FROM gold.harmful_domains WHERE contains(transform(sources, s -> s.source), 'stevenblack') AND is_active`,
};

describe('the lake on this machine, its three Spark jobs apart', () => {
  let lake: Lake;
  let entries = 0;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ deployEnv: { SLUICE_LAYOUT: 'separate' } }),
  );

  test('is healthy once deployed, and says so', async () => {
    const { code, stdout } = await lake.program('status', '--json');
    const status = JSON.parse(stdout) as { healthy: boolean; components: { name: string; state: string }[] };
    expect(status.components.map(({ name, state }) => `${name} ${state}`)).toEqual(
      expect.arrayContaining([
        'kafka running',
        'trino running',
        'front-door running',
        'spark sluice-local-bronze running',
        'spark sluice-local-silver running',
        'spark sluice-local-gold running',
      ]),
    );
    expect([status.healthy, code]).toEqual([true, 0]);
  }, 60_000);

  test('tells the AWS CLI where it is', async () => {
    const { stdout } = await lake.program('status', '--env');
    expect(stdout).toContain(`export AWS_ENDPOINT_URL=http://127.0.0.1:${lake.state.ports.frontDoor}\n`);
    expect(stdout).toMatch(/export AWS_ACCESS_KEY_ID=test/);
  }, 60_000);

  test('lets no web page speak to it: neither to the front door, nor past it to the emulator, nor to the feeds', async () => {
    const { frontDoor, emulator, feeds } = lake.state.ports;
    const start = { method: 'POST', path: '/2015-03-31/functions/sluice-local-ingest/invocations', body: '{"source":"stevenblack","dryRun":true}' };
    for (const port of [frontDoor, emulator, feeds]) {
      const pages: Record<string, string>[] = [
        { host: `rebound.example:${port}` },
        { host: `127.0.0.1:${port}`, origin: 'https://page.example' },
        { host: `127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' },
      ];
      for (const headers of pages) expect([port, headers, (await send(port, headers, start)).status]).toEqual([port, headers, 403]);
      expect((await send(port, { host: `localhost:${port}` })).status).not.toBe(403);
    }
  }, 60_000);

  test('a dry run of ingestion changes nothing', async () => {
    const { code, stdout } = await lake.cli('ingest', 'stevenblack', '--dry-run', '--json');
    expect([code, (JSON.parse(stdout) as { produced: number }[])[0]?.produced]).toEqual([0, 0]);
  }, 60_000);

  test('carries a list from its feed to Gold', async () => {
    const check = await lake.ingest({ source: 'stevenblack' });
    entries = check.entries ?? 0;
    expect(check).toMatchObject({ outcome: 'changed', whole: true, produced: entries });
    for (const layer of ['bronze', 'silver', 'gold'] as const) await lake.becomes(BY_LAYER[layer], entries, 240_000);
  }, 300_000);

  testWithSharedData(
    'holds exactly 55,980 domains and 2 addresses of StevenBlack in Bronze, Silver and Gold, with 1 reject and 1 ignored row',
    async () => {
      for (const layer of ['bronze', 'silver', 'gold'] as const) expect(await lake.number(BY_LAYER[layer])).toBe(55_982);
      const byType = (table: string) => lake.sql(`SELECT entry_type, count(*) FROM ${table} GROUP BY 1 ORDER BY 1`);
      expect(await byType('silver.harmful_domains')).toEqual([
        ['domain', '55980'],
        ['ip', '2'],
      ]);
      expect(await byType('gold.harmful_domains')).toEqual([
        ['domain', '55980'],
        ['ip', '2'],
      ]);
      await lake.becomes('SELECT count(*) FROM silver.source_checks', 1);
      expect(await lake.sql('SELECT outcome, domains, ips, rejects, ignored, boilerplate FROM silver.source_checks')).toEqual([['changed', '55980', '2', '1', '1', '13']]);
    },
    120_000,
  );

  test('balances its ledger, without an offset gap and without a canary', async () => {
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.number("SELECT sum(inserted) FROM ops.ledger WHERE dataset = 'harmful_domains'")).toBe(entries);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
    for (const table of ['silver.harmful_domains', 'silver.source_checks', 'gold.source_status'])
      expect(await lake.number(`SELECT count(*) FROM ${table} WHERE source = '_canary'`)).toBe(0);
  }, 60_000);

  test('adds nothing but a source_checks row for an unchanged list', async () => {
    expect(await lake.ingest({ source: 'stevenblack' })).toMatchObject({ outcome: 'not_modified', produced: 0 });
    await lake.becomes('SELECT count(*) FROM silver.source_checks', 2);
    expect(await lake.number(BY_LAYER.bronze)).toBe(entries);
    await lake.becomes("SELECT count(*) FROM gold.source_status WHERE last_outcome = 'not_modified'", 1);
  }, 200_000);

  test('adds nothing to Silver for the daily whole publication', async () => {
    expect(await lake.ingest({ source: 'stevenblack', whole: true })).toMatchObject({ produced: entries });
    await lake.becomes(BY_LAYER.bronze, 2 * entries);
    await lake.becomes("SELECT sum(read) FROM ops.ledger WHERE dataset = 'harmful_domains'", 2 * entries);
    expect(await lake.number("SELECT sum(duplicate) FROM ops.ledger WHERE dataset = 'harmful_domains'")).toBe(entries);
    expect(await lake.number(BY_LAYER.silver)).toBe(entries);
    expect(await lake.number(BY_LAYER.gold)).toBe(entries);
  }, 300_000);

  test('keeps the last good list when its feed answers HTML, and says how to accept the body', async () => {
    await lake.breakFeed('stevenblack', { body: '<!DOCTYPE html><html><body>maintenance</body></html>' });
    try {
      const refused = await lake.cli('ingest', 'stevenblack');
      expect(refused.stderr).toMatch(/refused, the last good version stays: the body is HTML; if the list is right all the same: \.\/sluice release stevenblack/);
      expect(refused.code).toBe(1);
    } finally {
      await lake.mendFeed('stevenblack');
    }
    // At once, before the check is in any table.
    const release = await lake.cli('release', 'stevenblack', '--dry-run');
    expect(release.stderr).toMatch(/refused last was [0-9a-f]{64}: the body is HTML/);
    await lake.becomes("SELECT count(*) FROM silver.source_checks WHERE outcome = 'refused'", 1);
    expect([release.code, await lake.number(BY_LAYER.gold)]).toEqual([0, entries]);
    // Nobody means a body of before a good check without saying so.
    await lake.ingest({ source: 'stevenblack' });
    const late = await lake.cli('release', 'stevenblack');
    expect([late.code, late.stderr]).toEqual([1, expect.stringMatching(/a later check was good\. To go back .*: \.\/sluice release stevenblack --sha256 [0-9a-f]{64}/)]);
  }, 200_000);

  test('offers its named queries, and counts the bytes scanned', async () => {
    const { code, stdout, stderr } = await lake.cli('query', 'active_by_source');
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'source\tcategory\tentry_type\tactive']);
    expect(stderr).toMatch(/\d+ rows?, [\d.]+ [kM]?B scanned/);
  }, 60_000);

  test.each([
    [['query', 'no_such_name'], 2, /no query is named "no_such_name"; known: active_by_source/],
    [['query', 'SELECT * FROM gold.nothing'], 1, /query failed: .*does not exist/],
    [['ingest', 'nope'], 2, /unknown source "nope"; known: stevenblack/],
    [['ingest'], 2, /name a source, or --all/],
    [['ingest', 'stevenblack', '--all'], 2, /name a source, or --all \(not both\)/],
    [['release', 'nope'], 2, /unknown source "nope"; known: stevenblack/],
    [['release', 'stevenblack', '--sha256', 'x'], 2, /--sha256 x: not a sha256/],
    [['logs', 'nope'], 2, /no log of "nope"; known: front-door/],
    [['clean'], 2, /say what to remove: --data, --cache or --all/],
    [['clean', '--data'], 2, /nobody to ask here: add --yes/],
    [['frobnicate'], 2, /unknown command 'frobnicate'/],
    [['up', '--feeds', 'stale'], 2, /Allowed choices are recorded, live/],
  ])(
    'a wrong use, %j, is named with the way out',
    async (args, code, message) => {
      const result = await lake.cli(...args);
      expect(result.stderr).toMatch(message);
      expect(result.code).toBe(code);
    },
    60_000,
  );

  test('loses and doubles nothing when each of its three Spark processes is killed under load', async () => {
    const load = generateLoad({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, perSecond: LOAD_PER_SECOND, keys: LOAD_KEYS, seconds: LOAD_SECONDS });
    for (const job of ['silver', 'bronze', 'gold']) {
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      await lake.kill(job);
      if (job === 'silver') {
        const { code, stdout } = await lake.cli('status');
        expect(code).toBe(3);
        expect(stdout).toMatch(/spark sluice-local-silver is not running\. .*ends with:/);
      }
      expect(await lake.watchdog()).toMatchObject({ [`sluice-local-${job}`]: 'started' });
    }
    expect(await load).toBe(LOADED);
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load'", LOADED, 300_000);
    expect(await lake.number("SELECT count(DISTINCT sequence) FROM silver.harmful_domains WHERE source = 'load'")).toBe(LOADED);
    // Every offset of the topic is in Bronze once.
    expect(
      await lake.sql('SELECT "partition", count(*) - count(DISTINCT "offset"), max("offset") - min("offset") + 1 - count(*) FROM bronze.harmful_domains GROUP BY 1 ORDER BY 1'),
    ).toEqual([
      ['0', '0', '0'],
      ['1', '0', '0'],
      ['2', '0', '0'],
    ]);
    const active = await lake.number(
      `SELECT count(*) FROM (SELECT name, max_by(event, sequence) AS event FROM silver.harmful_domains WHERE source = 'load' GROUP BY name) WHERE event = 'listed'`,
    );
    await lake.becomes(`SELECT max(sequence) FROM gold.harmful_domains CROSS JOIN UNNEST(sources) AS s(${SOURCE_STATE_NAMES}) WHERE source = 'load'`, LOADED, 200_000);
    expect(await lake.number("SELECT count(*) FROM gold.harmful_domains WHERE is_active AND contains(transform(sources, s -> s.source), 'load')")).toBe(active);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
  }, 700_000);

  test('a malformed record is quarantined with its bytes and place, and its neighbours pass', async () => {
    const { kafkaProducer } = await import('../../lambdas/shared/kafka.js');
    const producer = kafkaProducer({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, auth: 'none', region: 'us-east-1' });
    await producer.send('harmful_domains', [{ key: 'k', value: '{"source": "broken', headers: {} }]);
    await producer.close();
    await lake.becomes("SELECT count(*) FROM quarantine.harmful_domains WHERE rule = 'malformed'", 1);
    const [row] = await lake.sql('SELECT from_utf8(value), topic, reason FROM quarantine.harmful_domains');
    expect(row).toEqual(['{"source": "broken', 'harmful_domains', expect.stringContaining("not a JSON object of harmful_domains's shape")]);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
  }, 240_000);

  test('quarantined records are sent again when asked, bytes unchanged, and say where they first stood', async () => {
    const first = await lake.sql('SELECT "partition", "offset" FROM quarantine.harmful_domains');
    const dry = await lake.cli('replay', '--rule', 'malformed');
    expect([dry.code, dry.stdout], dry.stderr).toEqual([0, expect.stringContaining('{"source": "broken')]);
    expect(dry.stderr).toContain('1 records would be sent again, bytes unchanged; nothing was sent: add --yes');
    const sent = await lake.cli('replay', '--rule', 'malformed', '--yes', '--json');
    expect(JSON.parse(sent.stdout)).toEqual({ records: 1, sent: 1, dryRun: false });
    await lake.becomes("SELECT sum(quarantined) FROM ops.ledger WHERE dataset = 'harmful_domains'", 2);
    // It is the same record of the same place, and still breaks the same rule: quarantine holds it once.
    expect(await lake.number('SELECT count(*) FROM quarantine.harmful_domains')).toBe(1);
    const coordinates =
      "SELECT from_utf8(element_at(filter(headers, h -> h.key = 'sluice-origin'), 1).value), from_utf8(value) FROM bronze.harmful_domains WHERE any_match(headers, h -> h.key = 'sluice-origin')";
    expect(await lake.sql(coordinates)).toEqual([[`harmful_domains/${first[0]?.[0]}/${first[0]?.[1]}`, '{"source": "broken']]);
  }, 240_000);

  test('records of Bronze are sent again by their offsets, and change nothing', async () => {
    const before = await lake.number('SELECT count(*) FROM silver.harmful_domains');
    const duplicates = await lake.number("SELECT sum(duplicate) FROM ops.ledger WHERE dataset = 'harmful_domains'");
    const sent = await lake.cli('replay', '--dataset', 'harmful_domains', '--from', 'bronze', '--partition', '0', '--offsets', '10-29', '--yes', '--json');
    expect(JSON.parse(sent.stdout), sent.stderr).toMatchObject({ sent: 20 });
    await lake.becomes("SELECT sum(duplicate) FROM ops.ledger WHERE dataset = 'harmful_domains'", duplicates + 20);
    expect(await lake.number('SELECT count(*) FROM silver.harmful_domains')).toBe(before);
    const raw = await lake.cli('replay', '--raw', 'stevenblack');
    expect([raw.code, raw.stderr]).toEqual([0, expect.stringContaining('stevenblack: the same bytes as before; 0 records sent')]);
  }, 240_000);

  test('a Gold table computed anew equals the one that holds, row by row', async () => {
    const compared = await lake.cli('rebuild', 'gold.harmful_domains', '--json');
    expect(compared.code, compared.stderr).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      swapped: false,
      different: 0,
      only_old: 0,
      only_new: 0,
      same: await lake.number('SELECT count(*) FROM gold.harmful_domains'),
    });
  }, 240_000);

  test('a table computed anew takes the place of the old one, and goes on', async () => {
    const before = await lake.number("SELECT sequence FROM gold.source_status WHERE source = 'stevenblack'");
    const swapped = await lake.cli('rebuild', 'gold.source_status', '--swap', '--json');
    expect(swapped.code, swapped.stderr).toBe(0);
    expect(JSON.parse(swapped.stdout)).toMatchObject({ swapped: true, new: 'gold/source_status@1', different: 0, only_old: 0 });
    // The old one is not written any more: what comes now is seen in the new one alone, by SQL.
    expect((await lake.ingest({ source: 'hagezi_pro' })).outcome).toBe('changed');
    await lake.becomes("SELECT count(*) FROM gold.source_status WHERE source = 'hagezi_pro'", 1);
    expect(await lake.number("SELECT sequence FROM gold.source_status WHERE source = 'stevenblack'")).toBe(before);
    expect(await lake.sql('SELECT DISTINCT "$path" LIKE \'%/gold/source_status@1/%\' FROM gold.source_status')).toEqual([['true']]);
    expect(await lake.cli('rebuild', 'bronze.harmful_domains')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bronze.harmful_domains cannot be rebuilt; known: silver.harmful_domains'),
    });
  }, 300_000);

  test('a second driver on the same tables is refused while the first lives', async () => {
    const { StartJobRunCommand, GlueClient } = await import('@aws-sdk/client-glue');
    const glue = new GlueClient({ endpoint: `http://127.0.0.1:${lake.state.ports.frontDoor}`, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    await expect(glue.send(new StartJobRunCommand({ JobName: 'sluice-local-silver' }))).rejects.toThrow(/Concurrent runs exceeded/);
  }, 60_000);

  test('stops without leaving a process, and comes up again with its data', async () => {
    const servers = ['kafka', 'emulator', 'trino', 'front-door', 'feeds'].map((name) => findRunning(lake.home, name));
    const drivers = jobRuns(lake.home)
      .filter(runIsAlive)
      .map((run) => run.process);
    const running = [...servers, ...drivers].filter((each) => each !== null);
    expect(running).toHaveLength(8);
    expect((await lake.cli('down')).code).toBe(0);
    for (const each of running) expect(isAlive(each), each.name).toBe(false);
    const { code, stderr } = await lake.cli('query', 'SELECT 1');
    expect([code, stderr]).toEqual([3, expect.stringContaining('nothing is running here; start it with: ./sluice up')]);
    const again = await lake.cli('up');
    expect([again.code, again.stderr.includes('up. Next:')], again.stderr).toEqual([0, true]);
    await lake.becomes(BY_LAYER.gold, entries, 120_000);
  }, 400_000);
});
