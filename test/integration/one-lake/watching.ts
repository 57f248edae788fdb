import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, test } from 'vitest';
import { sourcesOnAt } from '../../../bin/lake/sources.js';
import type { Report } from '../../../lambdas/monitor/monitor.js';
import type { Overview } from '../../../lambdas/monitor/overview.js';
import { localName } from '../../../localstack/identity.js';
import { until } from '../../../localstack/process.js';
import { client, frontDoorUrl } from '../../../localstack/stack/instance.js';
import type { Lake } from '../../support/lake.js';
import { currentOf } from './current-of.js';

const ACCOUNT = '000000000000';
/** What the hourly flow checks while one source is paused: the feeds that are on, and the operator's list in the paused one's place. */
const FLOW_OWNS = sourcesOnAt('local').length;
const ALL_BUT_ONE = `${FLOW_OWNS - 1} of ${FLOW_OWNS} sources well; not adguard_dns`;

export function watching(shared: () => Lake): void {
  describe('a lake that runs itself', () => {
    let lake: Lake;
    beforeAll(() => {
      lake = shared();
    });

    /** Runs the hourly flow and waits for its end. */
    async function hourly(): Promise<{ operation: { state: string; summary: string; run_id: string } }> {
      const sfn = client(SFNClient, lake.state);
      const stateMachineArn = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:${localName('hourly')}`;
      const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
      const ended = await until(
        async () => {
          const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
          return execution.status === 'RUNNING' ? null : execution;
        },
        { timeoutMs: 180_000, everyMs: 200, describe: () => 'the flow does not end' },
      );
      expect(ended.status).toBe('SUCCEEDED');
      return JSON.parse(ended.output ?? '{}');
    }

    test('its hourly flow checks what is due, each source with an outcome of its own, and says so once; a paused one is left alone', async () => {
      expect((await lake.cli('pause', 'majestic')).code).toBe(0);
      await lake.breakFeed('adguard_dns', { body: '<html>moved</html>' });
      const { operation } = await hourly();
      expect(operation).toMatchObject({ state: 'degraded', summary: ALL_BUT_ONE });
      const again = await hourly();
      expect(again.operation.summary, 'the hour has not passed').toBe('0 of 0 sources well');
      await lake.mendFeed('adguard_dns');
      await lake.becomes(`SELECT count(*) FROM ops.runs WHERE run_id = '${operation.run_id}' AND subject = 'hourly'`, 1);
      await lake.becomes("SELECT count(*) FROM ops.runs WHERE source = 'ingest'", FLOW_OWNS);
      expect(await lake.number("SELECT count(*) FROM ops.runs WHERE subject = 'majestic'")).toBe(0);
      const runs = JSON.parse((await lake.cli('runs', 'stevenblack', '--json')).stdout);
      expect(runs).toMatchObject([{ state: 'ok', summary: 'changed', details: { steps: [{ name: 'fetch' }, { name: 'parse' }, { name: 'publish' }] } }]);
      const rates = JSON.parse((await lake.cli('runs', '--json')).stdout) as { subject: string; successPercent: number }[];
      expect(rates.find(({ subject }) => subject === 'adguard_dns')?.successPercent).toBe(0);
      expect((await lake.cli('resume', 'majestic')).code).toBe(0);
    }, 400_000);

    test('it says what a check finds, and its canaries come through every layer', async () => {
      const checked = await lake.cli('check', '--json');
      const report = JSON.parse(checked.stdout) as Report;
      expect(report.checks.map(({ check, state }) => `${check} ${state}`)).toEqual(['storage ok', 'kafka ok', 'jobs ok', 'freshness degraded', 'quality ok', 'cost skipped']);
      expect(checked.code).toBe(3);
      expect(report.checks.find(({ check }) => check === 'freshness')?.findings).toContainEqual(expect.objectContaining({ subject: 'source adguard_dns', state: 'degraded' }));
      await until(
        async () => {
          const { findings = [] } = (await lake.monitor()).checks.find(({ check }) => check === 'quality') ?? {};
          return findings.filter(({ subject }) => subject.startsWith('canary')).every(({ message }) => message.startsWith('the newest is'));
        },
        { timeoutMs: 120_000, everyMs: 1_000, describe: () => 'a layer has seen no canary' },
      );
      expect(await lake.number("SELECT count(*) FROM gold.harmful_domain_daily WHERE source = '_canary'")).toBe(0);
      expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
      await lake.becomes("SELECT count(DISTINCT subject) FROM ops.checks WHERE source = 'monitor'", 6);
    }, 300_000);

    test('an alarm fires, is told to a real queue, shown, and clears', async () => {
      await lake.alarmBecomes('source-refused-adguard-dns', 'ALARM');
      const heard = await lake.notifications();
      expect(heard.filter((each) => each === 'ALARM source-refused-adguard-dns')).toHaveLength(1);
      expect(heard.filter((each) => each === ALL_BUT_ONE)).toHaveLength(1);
      const status = await lake.cli('status', '--json');
      const { facts } = JSON.parse(status.stdout) as { facts: Overview };
      expect(facts.alarms.find(({ name }) => name === 'source-refused-adguard-dns')?.state).toBe('ALARM');
      expect(status.code).toBe(3);
      const door = frontDoorUrl(lake.state);
      expect(await (await fetch(`${door}/metrics`)).text()).toMatch(/^alarm_firing\{alarm="source-refused-adguard-dns"\} 1$/m);
      const html = await (await fetch(`${door}/_sluice/`)).text();
      expect(html).toContain('1 in alarm');
      expect(html).toContain('docs/runbook.md#source-refused');
      const { entries, allowed } = await lake.ingest({ source: 'adguard_dns' });
      await lake.alarmClears('source-refused-adguard-dns');
      // What came late is in Gold too before the tests behind hold what is there against what was.
      await lake.becomes(currentOf('adguard_dns'), (entries ?? Number.NaN) + (allowed ?? Number.NaN));
      expect((await lake.cli('status')).code).toBe(0);
    }, 400_000);

    test('a job that is stopped stays stopped; wrong names are named', async () => {
      expect(await lake.cli('jobs', 'stop', 'gold')).toMatchObject({ code: 2, stderr: expect.stringContaining('no streaming job is named "gold"; there are: combined') });
      expect(await lake.cli('jobs', 'scale', 'combined', '--workers', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('a number from 2 to 299') });
      expect(await lake.cli('pause', 'nope')).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown source "nope"') });
      expect(await lake.cli('redrive', 'nope')).toMatchObject({ code: 2, stderr: expect.stringContaining('no queue is named "nope"') });
      const backfill = (...more: string[]) => lake.cli('backfill', '--from', '2026-10-01', '--to', '2026-10-10', ...more);
      expect(await backfill('--source', 'easylist')).toMatchObject({ code: 1, stderr: expect.stringContaining('keeps no past') });
      expect(await backfill('--source', 'stevenblack', '--from', '2026-02-31')).toMatchObject({ code: 2, stderr: expect.stringContaining('not a date') });
      expect(await backfill('--source', 'stevenblack', '--concurrency', '99')).toMatchObject({ code: 2, stderr: expect.stringContaining('a number from 1 to 10') });
      expect(await backfill('--source', 'stevenblack')).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
      expect(await lake.cli('cost', '--region', 'mars-north-1')).toMatchObject({ code: 2, stderr: expect.stringContaining('no prices are known for region "mars-north-1"') });
      expect(await lake.cli('destroy', '--stage', 'local', '--dry-run')).toMatchObject({ code: 2, stderr: expect.stringContaining('costs nothing') });
      expect(await lake.cli('verify', 'gold.nope')).toMatchObject({ code: 2, stderr: expect.stringContaining('no table is named "gold.nope"') });
    }, 120_000);
  });
}
