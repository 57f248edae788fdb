import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRecord } from '../../bench/load.js';
import { findSource } from '../../datasets/index.js';
import { inWords } from '../../lambdas/monitor/health.js';
import { kafkaProducer } from '../../lambdas/shared/kafka.js';
import { localName } from '../../localstack/identity.js';
import { startProcess, stopProcess, until } from '../../localstack/process.js';
import { awaitKafka, kafkaSpec } from '../../localstack/services/kafka.js';
import { runIsAlive } from '../../localstack/stack/job-runs.js';
import { type Lake, useLake } from '../support/lake.js';

const FAULTS = join(tmpdir(), `sluice-faults-${process.pid}`);
const MINUTE = 60_000;

describe('each alarm fires, tells, and clears', () => {
  let lake: Lake;
  process.env.SLUICE_FAULTS = FAULTS;
  useLake(
    (started) => {
      lake = started;
    },
    // The schedules run: every minute, the least that Scheduler knows.
    () => ({ generated: true, deployEnv: { SLUICE_WATCHDOG_MINUTES: '1', SLUICE_RESTARTS_PER_HOUR: '3' } }),
  );
  afterAll(() => {
    delete process.env.SLUICE_FAULTS;
    rmSync(FAULTS, { force: true });
  });

  const send = async (from: number, count: number, bad: number) => {
    const producer = kafkaProducer({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, auth: 'none', region: 'us-east-1' });
    try {
      const records = Array.from({ length: count }, (_, i) => loadRecord(from + i, 10_000, new Date()));
      const poison = Array.from({ length: bad }, (_, i) => ({ key: `poison-${i}`, value: '{"source": "broken', headers: {} }));
      await producer.send('harmful_domains', [...records, ...poison]);
    } finally {
      await producer.close();
    }
  };
  /** What has been told since the last time, once it holds `wanted`. */
  const told = async (wanted: string) => {
    const all: string[] = [];
    await until(
      async () => {
        all.push(...(await lake.notifications()));
        return all.includes(wanted);
      },
      { timeoutMs: 20_000, everyMs: 500, describe: () => `no notification says "${wanted}"; heard: ${all.join(', ')}` },
    );
    return all.filter((each) => each === wanted).length;
  };

  test('a feed answers HTML: the last good list stays, the alarm speaks within that one ingestion; the next good one clears it', async () => {
    await lake.ingest({ source: 'adguard_dns' });
    await lake.breakFeed('adguard_dns', { body: '<!doctype html><title>moved</title>' });
    expect(await lake.ingest({ source: 'adguard_dns' })).toMatchObject({ outcome: 'refused' });
    await lake.alarmBecomes('source-refused-adguard-dns', 'ALARM');
    expect(await told('ALARM source-refused-adguard-dns')).toBe(1);
    await lake.mendFeed('adguard_dns');
    expect((await lake.ingest({ source: 'adguard_dns' })).outcome).toBe('not_modified');
    await lake.alarmClears('source-refused-adguard-dns');
    expect(await told('OK source-refused-adguard-dns')).toBe(1);
  }, 400_000);

  const names = (count: number) => Array.from({ length: count }, (_, i) => `0.0.0.0 n${i}.shrink.example`).join('\n');

  test('a feed shrinks by 60 %: set aside, alarm; release takes it and clears it', async () => {
    await lake.breakFeed('stevenblack', { body: names(100) });
    expect(await lake.ingest({ source: 'stevenblack' })).toMatchObject({ outcome: 'changed', entries: 100 });
    await lake.breakFeed('stevenblack', { body: names(40) });
    expect(await lake.ingest({ source: 'stevenblack' })).toMatchObject({ outcome: 'refused', reason: '60 of 100 entries would go, the contract allows 50 %' });
    await lake.alarmBecomes('source-refused-stevenblack', 'ALARM');
    await lake.becomes("SELECT count(*) FROM silver.source_checks WHERE outcome = 'refused' AND source = 'stevenblack'", 1);
    expect((await lake.cli('release', 'stevenblack')).code).toBe(0);
    await lake.alarmClears('source-refused-stevenblack');
  }, 400_000);

  test('a feed is silent beyond its cadence: the alarm speaks at its threshold, and clears with the next good check', async () => {
    const Key = { pk: { S: 'source#oisd_small' } };
    const TableName = localName('state');
    await lake.ingest({ source: 'oisd_small' });
    await lake.breakFeed('oisd_small', { status: 503 });
    // Four cadences of silence, shortened: the last good check is set back.
    const { minutes } = findSource('oisd_small').source.cadence;
    const { Item } = await lake.target.dynamo.send(new GetItemCommand({ TableName, Key }));
    const back = String(Number(Item?.lastGoodAt?.N) - 4 * minutes * MINUTE);
    await lake.target.dynamo.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET lastGoodAt = :back', ExpressionAttributeValues: { ':back': { N: back } } }));
    expect((await lake.ingest({ source: 'oisd_small' })).outcome).toBe('failed');
    const report = await lake.monitor();
    expect(report.checks.find(({ check }) => check === 'freshness')?.findings).toContainEqual(
      expect.objectContaining({
        subject: 'source oisd_small',
        state: 'failed',
        message: expect.stringMatching(new RegExp(`last good check ${inWords(4 * minutes)} ago; it is due every ${minutes} min \\(.*503`)),
      }),
    );
    await lake.alarmBecomes('source-overdue-oisd-small', 'ALARM');
    await lake.mendFeed('oisd_small');
    await lake.ingest({ source: 'oisd_small' });
    await lake.alarmClears('source-overdue-oisd-small');
  }, 300_000);

  test('poison rows at 5 %: set aside, the others go through, the alarm speaks of the rate within that batch', async () => {
    const before = await lake.number('SELECT count(*) FROM quarantine.harmful_domains');
    await send(0, 190, 10);
    await lake.alarmBecomes('quarantine-harmful-domains', 'ALARM');
    expect(await told('ALARM quarantine-harmful-domains')).toBe(1);
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load'", 190);
    expect(await lake.number('SELECT count(*) FROM quarantine.harmful_domains')).toBe(before + 10);
    await send(1_000, 200, 0);
    await lake.alarmBecomes('quarantine-harmful-domains', 'OK', 3 * MINUTE);
  }, 400_000);

  test('a ledger residual of 1: alarm within that batch', async () => {
    writeFileSync(FAULTS, 'residual');
    await send(2_000, 50, 0);
    await lake.alarmBecomes('ledger-residual-harmful-domains', 'ALARM');
    expect(await told('ALARM ledger-residual-harmful-domains')).toBe(1);
    await lake.becomes('SELECT sum(abs(residual)) FROM ops.ledger', 1);
    expect((await lake.monitor()).checks.find(({ check }) => check === 'quality')?.findings).toContainEqual(
      expect.objectContaining({ subject: 'ledger of harmful_domains', state: 'failed' }),
    );
    await send(3_000, 50, 0);
    await lake.alarmBecomes('ledger-residual-harmful-domains', 'OK', 3 * MINUTE);
  }, 400_000);

  test('the canary goes through every layer of every dataset, and its age is told', async () => {
    await lake.monitor();
    await until(
      async () => (await lake.monitor()).checks.find(({ check }) => check === 'quality')?.findings.filter(({ message }) => message === 'none has arrived yet').length === 0,
      {
        timeoutMs: 2 * MINUTE,
        everyMs: 5_000,
        describe: () => 'a layer has seen no canary',
      },
    );
    expect(await lake.number("SELECT count(*) FROM gold.harmful_domain_daily WHERE source = '_canary'")).toBe(0);
    expect(await lake.number("SELECT count(DISTINCT subject) FROM ops.checks WHERE source = 'monitor'")).toBe(6);
  }, 300_000);

  test('a driver is killed: the watchdog’s schedule starts it within two minutes, and nobody is told', async () => {
    await lake.notifications();
    await lake.kill('combined');
    const killed = lake.run('combined')?.id;
    await until(async () => lake.run('combined')?.id !== killed && lake.run('combined')?.state === 'RUNNING', {
      timeoutMs: 2 * MINUTE,
      everyMs: 1_000,
      describe: () => 'the job was not started within two minutes',
    });
    await lake.becomes("SELECT count(*) - count(DISTINCT sequence) FROM silver.harmful_domains WHERE source = 'load'", 0);
    expect(await lake.notifications()).toEqual([]);
  }, 300_000);

  test('a job that fails again and again is given up, told once, and started by a person', async () => {
    for (let failures = 0; failures < 3; failures++) {
      const run = lake.run('combined');
      if (run && runIsAlive(run)) await lake.kill('combined');
      await lake.watchdog();
    }
    await until(async () => (await lake.watchdog())[localName('combined')] === 'limited', {
      timeoutMs: MINUTE,
      everyMs: 2_000,
      describe: () => 'the watchdog does not give up',
    });
    await lake.alarmBecomes('job-not-running-combined', 'ALARM', 4 * MINUTE);
    expect(await told('ALARM job-not-running-combined')).toBe(1);
    const listed = await lake.cli('runs', 'combined', '--json');
    expect((JSON.parse(listed.stdout) as { state: string }[]).filter(({ state }) => state === 'FAILED').length).toBeGreaterThanOrEqual(3);
    expect((await lake.cli('jobs', 'start', 'combined')).stderr).toContain('sluice-local-combined started');
    await lake.alarmBecomes('job-not-running-combined', 'OK', 5 * MINUTE);
  }, 900_000);

  test('a job that an operator stopped stays stopped, and pages nobody', async () => {
    await lake.notifications();
    expect((await lake.cli('jobs', 'stop', 'combined')).code).toBe(0);
    expect(await lake.watchdog()).toEqual({ [localName('combined')]: 'paused' });
    const jobs = JSON.parse((await lake.cli('jobs', 'list', '--json')).stdout) as { state: string; wish: string }[];
    expect(jobs).toMatchObject([{ state: 'paused', wish: 'stopped by an operator' }]);
    expect((await lake.monitor()).checks.find(({ check }) => check === 'jobs')?.state).toBe('skipped');
    await lake.cli('jobs', 'start', 'combined');
    expect((await lake.notifications()).filter((each) => each.includes('job-not-running'))).toEqual([]);
  }, 200_000);

  test('the broker is away for two minutes: alarm at the next check, ingestion keeps its state, an event that failed for good is kept and redriven, all catches up', async () => {
    const { home, state } = lake;
    await lake.breakFeed('stevenblack', { body: `${names(40)}\n0.0.0.0 one.broker.example\n0.0.0.0 two.broker.example\n0.0.0.0 three.broker.example` });
    await stopProcess(home, 'kafka', 5_000);
    const down = Date.now();
    await expect(lake.ingest({ source: 'stevenblack' })).rejects.toThrow(/ingestion of stevenblack failed/);
    const report = await lake.monitor();
    expect(report.checks.find(({ check }) => check === 'kafka')?.state).toBe('failed');
    expect(report.health.Kafka).toBe(0);
    expect(report.untold).not.toBeNull();
    await lake.alarmBecomes('kafka', 'ALARM');
    expect(await told('ALARM kafka')).toBe(1);
    // As Scheduler invokes: asynchronously, with retries, then the queue.
    await lake.target.lambda.send(
      new InvokeCommand({ FunctionName: localName('ingest'), InvocationType: 'Event', Payload: Buffer.from('{"source":"stevenblack","scheduled":true}') }),
    );
    await lake.alarmBecomes('dead-letters-ingest-failures', 'ALARM', 4 * MINUTE);
    const still = await lake.cli('redrive', 'ingest-failures', '--json');
    expect([still.code, JSON.parse(still.stdout)], still.stderr).toEqual([1, [expect.objectContaining({ function: localName('ingest'), redriven: false })]]);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 2 * MINUTE - (Date.now() - down))));
    startProcess(home, kafkaSpec(home, state.ports.kafka, state.ports.controller));
    await awaitKafka(state.ports.kafka, () => 'the broker did not come back');
    await until(async () => (await lake.watchdog())[localName('combined')] === 'running', { timeoutMs: 2 * MINUTE, everyMs: 2_000, describe: () => 'the job did not come back' });
    await until(async () => (JSON.parse((await lake.cli('redrive', 'ingest-failures', '--json')).stdout || '[]') as { redriven: boolean }[]).some(({ redriven }) => redriven), {
      timeoutMs: 4 * MINUTE,
      everyMs: 5_000,
      describe: () => 'the event could not be redriven',
    });
    await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE name LIKE '%.broker.example'", 3);
    await lake.alarmClears('kafka');
    await lake.alarmBecomes('dead-letters-ingest-failures', 'OK', 3 * MINUTE);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
    await lake.mendFeed('stevenblack');
  }, 1_200_000);
});

/** Keeps a schedule from firing, as an operator's mistake would. */
async function disableSchedule(lake: Lake, name: string): Promise<void> {
  const { scheduler } = lake.target;
  const Name = localName(name);
  const { ScheduleExpression, FlexibleTimeWindow, Target } = await scheduler.send(new GetScheduleCommand({ Name }));
  await scheduler.send(new UpdateScheduleCommand({ Name, ScheduleExpression, FlexibleTimeWindow, Target, State: 'DISABLED' }));
}

describe('the monitor itself does not run', () => {
  let lake: Lake;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ generated: true, deployEnv: { SLUICE_MONITOR_MINUTES: '1' } }),
  );

  test('its heartbeat alarm fires within two intervals, and clears when it runs again', async () => {
    await lake.alarmBecomes('monitor-silent', 'OK', 3 * MINUTE);
    await disableSchedule(lake, 'monitor');
    await lake.alarmBecomes('monitor-silent', 'ALARM', 4 * MINUTE);
    expect(await lake.notifications()).toContain('ALARM monitor-silent');
    await lake.monitor();
    await lake.alarmBecomes('monitor-silent', 'OK');
  }, 700_000);
});
