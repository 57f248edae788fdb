import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { versionOf } from '../../../bin/lake/as-of.js';
import { DeltaTable } from '../../../bin/lake/delta.js';
import { PinnedTable } from '../../../bin/lake/pinned-table.js';
import { findTable } from '../../../bin/lake/tables.js';
import { isFed } from '../../../contracts/index.js';
import { datasets, lakeTables } from '../../../datasets/index.js';
import type { Health } from '../../../lambdas/monitor/health.js';
import { localBucket } from '../../../localstack/identity.js';
import { until } from '../../../localstack/process.js';
import { withoutFirstRows } from '../../support/deleted-rows.js';
import type { Lake } from '../../support/lake.js';
import { lossyRun } from '../../support/lossy-run.js';
import { currentOf, NAMES_BEHIND } from './current-of.js';

const ACCOUNT = '000000000000';
export function accidents(shared: () => Lake): void {
  describe('a lake that runs itself', () => {
    let lake: Lake;
    beforeAll(() => {
      lake = shared();
    });

    test('a backfill publishes the past of a source once, beside live ingestion, and every day is as it was', async () => {
      const backfill = async (...more: string[]) => {
        const result = await lake.cli('backfill', '--source', 'disposable_email', '--yes', '--json', ...more);
        expect(result.code, result.stderr).toBe(0);
        return { stderr: result.stderr, ...(JSON.parse(result.stdout) as { estimate: { versions: number }; published: { at: string }[]; done: unknown[] }) };
      };
      const goldBefore = await lake.sql(
        "SELECT name, is_active, source_count FROM gold.harmful_domains WHERE contains(transform(sources, s -> s.source), 'disposable_email') ORDER BY name",
      );
      const late = backfill('--from', '2026-10-06', '--to', '2026-10-10');
      const [{ published }] = await Promise.all([late, lake.ingest({ source: 'disposable_email', whole: true })]);
      // What held at its beginning, a version a day, and the end.
      expect(published.map(({ at }) => at.slice(0, 10))).toEqual(['2026-10-06', '2026-10-06', '2026-10-07', '2026-10-08', '2026-10-09', '2026-10-10', '2026-10-11']);
      const early = await backfill('--from', '2026-10-03', '--to', '2026-10-08');
      expect(early.done).toEqual([{ from: '2026-10-06', to: '2026-10-10' }]);
      expect(early.published.map(({ at }) => at.slice(0, 10))).toEqual(['2026-10-03', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06']);
      expect((await backfill('--from', '2026-10-03', '--to', '2026-10-10')).stderr).toContain('nothing of 2026-10-03 to 2026-10-10 is missing');

      const daily = "SELECT count(*) FROM gold.harmful_domain_daily WHERE source = 'disposable_email' AND active = 500 AND date BETWEEN date '2026-10-03' AND date '2026-10-10'";
      await lake.becomes(daily, 8);
      await lake.becomes(NAMES_BEHIND, 0);
      const days = await lake.sql(
        "SELECT cast(date AS varchar), active FROM gold.harmful_domain_daily WHERE source = 'disposable_email' AND date > date '2026-10-10' ORDER BY date",
      );
      const live = await lake.number(currentOf('disposable_email'));
      expect(days).toEqual([
        ['2026-10-11', '0'],
        [expect.any(String), String(live)],
      ]);
      // What is listed today is what was: the past changes nothing of it.
      const held = await lake.sql(
        "SELECT name, is_active, source_count FROM gold.harmful_domains WHERE contains(transform(sources, s -> s.source), 'disposable_email') AND NOT contains(transform(sources, s -> s.source || cast(s.sequence < 0 AS varchar)), 'disposable_emailtrue') ORDER BY name",
      );
      expect(held).toEqual(goldBefore);
      expect(await lake.number("SELECT count(*) FROM gold.harmful_domains WHERE first_seen < timestamp '2026-10-11 00:00:00 UTC'")).toBeGreaterThanOrEqual(500);
      expect(await lake.number("SELECT count(*) FROM silver.source_checks WHERE source = 'disposable_email'")).toBe(
        await lake.number("SELECT count(*) FROM silver.operations WHERE kind = 'run' AND subject = 'disposable_email'"),
      );
      expect(await lake.number("SELECT count(*) FROM silver.operations WHERE subject = 'backfill-disposable_email' AND state = 'ok'")).toBe(12);
      expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    }, 400_000);

    test('tables can be read as they were, by Trino’s time travel and by a table over the files of a version, which leaves nothing behind', async () => {
      const tables = JSON.parse((await lake.cli('tables', '--json')).stdout) as { table: string; rows: number; version: number; oldestVersion: number; problem: string | null }[];
      const status = tables.find(({ table }) => table === 'gold.source_status');
      expect(status).toMatchObject({ rows: await lake.number('SELECT count(*) FROM gold.source_status'), oldestVersion: 0, problem: null });
      expect(tables.every(({ problem }) => problem === null)).toBe(true);
      const sql = 'SELECT source, last_outcome FROM gold.source_status ORDER BY source';
      const asOf = async (...more: string[]) => {
        const result = await lake.cli('query', sql, '--json', ...more);
        expect(result.code, result.stderr).toBe(0);
        return (JSON.parse(result.stdout) as { rows: unknown[] }).rows;
      };
      const versions = Array.from({ length: (status?.version ?? 0) + 1 }, (_, version) => String(version));
      const [travelled, byFiles] = [await asOf('--as-of', '1'), await asOf('--as-of', '1', '--pinned')];
      expect(byFiles).toEqual(travelled);
      expect(travelled.length).toBeGreaterThan(0);
      expect(await asOf('--as-of', versions.at(-1) ?? '')).toEqual(await asOf());
      expect(await asOf('--as-of', versions.at(-1) ?? '', '--pinned')).toEqual(await asOf());
      // Rows of a large state table are marked as deleted, which Hive's tables do not know. None is large here.
      const marked = await withoutFirstRows(await versionOf(findTable('gold.source_status'), '1', lake.target), lake.target.s3);
      const pinned = await PinnedTable.create(marked, localBucket('artefacts'), lake.target);
      expect(pinned.format).toBe('delta');
      const left = await lake.sql(`SELECT source, last_outcome FROM gold.${pinned.name} ORDER BY source`).finally(() => pinned.remove());
      expect(left).toHaveLength(marked.files.reduce((sum, { records }) => sum + (records ?? 0), 0));
      expect(travelled).toHaveLength(left.length + marked.files.length);
      // Partitioned, and by time.
      const bronze = 'SELECT count(*) AS n, max(ingestion_date) AS d FROM bronze.source_checks';
      const [now, then] = await Promise.all([[], ['--as-of', new Date().toISOString(), '--pinned']].map((more) => lake.cli('query', bronze, '--json', ...more)));
      expect(JSON.parse(then?.stdout ?? '{}').rows).toEqual(JSON.parse(now?.stdout ?? '').rows);
      expect(await lake.sql('SHOW TABLES FROM gold')).not.toContainEqual([expect.stringMatching(/^as_of_/)]);
      expect(await lake.cli('query', sql, '--as-of', '9999')).toMatchObject({ code: 1, stderr: expect.stringMatching(/version 9999 is not in the log: it holds \d+ to \d+/) });
      expect(await lake.cli('query', sql, '--as-of', 'yesterday')).toMatchObject({ code: 2, stderr: expect.stringContaining('neither a version such as 42, nor a time') });
    }, 240_000);

    test('a data file that is lost is named, and the recovered table has the identical rows', async () => {
      const rows = () => lake.sql('SELECT source, last_outcome, entries, sequence FROM gold.source_status ORDER BY source');
      const before = await rows();
      expect((await lake.cli('verify', 'gold.source_status')).code).toBe(0);
      const [[path = ''] = []] = await lake.sql('SELECT DISTINCT "$path" FROM gold.source_status LIMIT 1');
      const file = String(path).split('/').at(-1) ?? '';
      await lake.target.s3.send(new DeleteObjectCommand({ Bucket: localBucket('lake'), Key: `gold/source_status/${file}` }));
      const verified = await lake.cli('verify', 'gold.source_status', '--json');
      expect([verified.code, JSON.parse(verified.stdout).missing]).toEqual([3, [file]]);
      expect((await lake.cli('verify', 'gold.source_status')).stderr).toContain('./sluice rebuild gold.source_status --swap');
      await expect(lake.sql('SELECT * FROM gold.source_status')).rejects.toThrow();
      const rebuilt = await lake.cli('rebuild', 'gold.source_status', '--swap', '--json');
      expect(rebuilt.code, rebuilt.stderr).toBe(0);
      expect(await rows()).toEqual(before);
      expect((await lake.cli('verify', 'gold.source_status')).code).toBe(0);
    }, 300_000);

    test('a table is put back to a version, with what came since, and what is downstream follows; then life goes on', async () => {
      const checksum = (columns: string, table: string) => lake.sql(`SELECT count(*), to_hex(checksum(${columns})) FROM ${table}`);
      const silver = () => checksum('source || name || action || cast(sequence AS varchar)', "silver.harmful_domains WHERE source <> '_canary'");
      const gold = () => checksum('name || cast(is_active AS varchar) || cast(source_count AS varchar)', 'gold.harmful_domains');
      const restore = (...more: string[]) => lake.cli('restore', ...more);
      expect(await restore('quarantine.harmful_domains', '--version', '1')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('cannot be restored; known: bronze.harmful_domains'),
      });
      expect(await restore('silver.harmful_domains')).toMatchObject({ code: 2, stderr: expect.stringContaining('--version or --timestamp') });
      expect(await restore('silver.harmful_domains', '--version', '99999')).toMatchObject({ code: 1, stderr: expect.stringContaining('version 99999 is not in the log') });

      await lake.becomes(NAMES_BEHIND, 0);
      const [before, goldBefore] = [await silver(), await gold()];
      const location = { bucket: localBucket('lake'), path: 'silver/harmful_domains' };
      const { version, files } = await (await DeltaTable.open(lake.target.s3, location)).snapshot();
      const largest = [...files.values()].reduce((a, b) => (b.size > a.size ? b : a));
      // The accident: somebody takes rows out of the table, as a DELETE does.
      const actions = [{ commitInfo: { timestamp: Date.now(), operation: 'DELETE' } }, { remove: { path: largest.path, deletionTimestamp: Date.now(), dataChange: true } }];
      const Key = `${location.path}/_delta_log/${String(version + 1).padStart(20, '0')}.json`;
      await lake.target.s3.send(new PutObjectCommand({ Bucket: location.bucket, Key, Body: actions.map((each) => JSON.stringify(each)).join('\n'), IfNoneMatch: '*' }));
      await lake.ingest({ event: 'edit', source: 'operator', edit: { verdict: 'deny', domain: 'after-the-accident.example', reason: 'a test' } });
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE name = 'after-the-accident.example'", 1);
      expect(await lake.number("SELECT count(*) FROM silver.harmful_domains WHERE source <> '_canary'")).toBe(Number(before[0]?.[0]) - (largest.records ?? 0) + 1);
      // Periodic tables read Silver's changes, which that commit does not let them: the driver must not die of it.
      const after = "SELECT observed_at FROM silver.harmful_domains WHERE name = 'after-the-accident.example'";
      await lake.becomes(`SELECT count(DISTINCT as_of) FROM gold.source_quality WHERE as_of >= (${after})`, 1);

      const restored = await restore('silver.harmful_domains', '--version', String(version), '--json');
      expect(restored.code, restored.stderr).toBe(0);
      const { results } = JSON.parse(restored.stdout) as { results: { table: string; swapped: boolean; different: number; only_old: number; only_new: number }[] };
      expect(results.map(({ table, swapped }) => [table, swapped])).toEqual([
        ['silver.harmful_domains', true],
        ['gold.harmful_domains', true],
        ['gold.harmful_domain_daily', true],
        ['gold.source_quality', true],
      ]);
      expect(results[0]).toMatchObject({ different: 0, only_old: 0, only_new: largest.records });
      expect(results[1]).toMatchObject({ different: 0, only_old: 0, only_new: 0 });
      const rows = "silver.harmful_domains WHERE source <> '_canary' AND name <> 'after-the-accident.example'";
      expect(await checksum('source || name || action || cast(sequence AS varchar)', rows)).toEqual(before);
      expect(await lake.number('SELECT count(*) FROM gold.harmful_domains')).toBe(Number(goldBefore[0]?.[0]) + 1);
      await lake.ingest({ event: 'edit', source: 'operator', edit: { verdict: 'deny', domain: 'after-the-restore.example', reason: 'a test' } });
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE name = 'after-the-restore.example' AND is_active", 1);
      expect((await lake.cli('verify', 'silver.harmful_domains')).code).toBe(0);
    }, 500_000);

    test('records that the broker acknowledged and lost are found by the monitor, sent again by the next run, and every layer is whole', async () => {
      const lostName = 'lost-by-the-broker.example';
      const listed = (layer: 'silver' | 'gold') => `SELECT count(*) FROM ${layer}.harmful_domains WHERE name = '${lostName}'`;
      await lake.ingest({ source: 'stevenblack' });
      const body = await (await fetch(`http://127.0.0.1:${lake.state.ports.feeds}/stevenblack`)).text();
      await lake.breakFeed('stevenblack', { body: `${body}0.0.0.0 ${lostName}\n` });
      const lost = await lossyRun(lake, 'stevenblack', 20);
      expect(lost).toMatchObject({ outcome: 'changed', listed: 1, produced: 1 });

      let looked: Health | undefined;
      const short = async () => {
        looked = (await lake.monitor()).checks.find(({ check }) => check === 'quality');
        return looked?.findings.filter(({ subject }) => subject.startsWith('run ')) ?? [];
      };
      const told = () => `the check of quality says: ${JSON.stringify(looked)}`;
      // The tables that it asks by SQL may have been made just now.
      const [found] = await until(
        async () => {
          const findings = await short();
          return findings.length > 0 ? findings : null;
        },
        { timeoutMs: 120_000, everyMs: 1_000, describe: told },
      );
      expect(found).toEqual({
        subject: `run ${lost.run_id}`,
        state: 'degraded',
        message: 'stevenblack sent 1 records, bronze.harmful_domains holds 0; the next run of stevenblack sends them again (try 1 of 3)',
      });
      expect(await lake.number(listed('silver'))).toBe(0);

      // The hourly flow's next run; the list itself has not changed since.
      expect(await lake.ingest({ source: 'stevenblack', scheduled: true })).toMatchObject({ outcome: 'not_modified', produced: 1 });
      for (const layer of ['silver', 'gold'] as const) await lake.becomes(listed(layer), 1);
      expect(await lake.sql(`SELECT sequence FROM silver.harmful_domains WHERE name = '${lostName}'`)).toEqual([[String(lost.sequence)]]);
      await lake.becomes(`SELECT count(*) FROM ops.runs WHERE subject = 'stevenblack' AND json_extract_scalar(details, '$.healed[0]') = '${lost.run_id}'`, 1);
      await until(async () => (await short()).length === 0 && looked?.state !== 'failed', { timeoutMs: 120_000, everyMs: 1_000, describe: told });
      expect(await lake.alarmState('runs-short-harmful-domains')).not.toBe('ALARM');
      await lake.mendFeed('stevenblack');
    }, 600_000);

    test('a backup brings the whole lake back after an accident: tables, checkpoints, state, catalog and topics, and life goes on', async () => {
      const file = join(lake.home.root, 'lake.tar.gz');
      const deny = (domain: string) => lake.ingest({ event: 'edit', source: 'operator', edit: { verdict: 'deny', domain, reason: 'a test' } });
      const active = (domain: string) => `SELECT count(*) FROM gold.harmful_domains WHERE name = '${domain}' AND is_active`;
      /** Rows that change only with what is ingested: whatever the lake does by itself is left out. */
      const KEPT = ["silver.harmful_domains WHERE source <> '_canary'", 'gold.harmful_domains', 'quarantine.harmful_domains', "silver.source_checks WHERE source = 'operator'"];
      const rows = () => Promise.all(KEPT.map(async (table) => [table, await lake.number(`SELECT count(*) FROM ${table}`)]));
      const { run_id } = await deny('in-the-backup.example');
      await lake.becomes(active('in-the-backup.example'), 1);
      await lake.becomes(`SELECT count(*) FROM silver.source_checks WHERE run_id = '${run_id}'`, 1);
      const before = await rows();
      const written = await lake.cli('backup', '--out', file, '--json');
      expect(written.code, written.stderr).toBe(0);
      expect(JSON.parse(written.stdout)).toMatchObject({ file, files: expect.any(Number), bytes: expect.any(Number) });
      expect(await lake.cli('backup', '--out', file)).toMatchObject({ code: 1, stderr: expect.stringContaining('lake.tar.gz exists: name another with --out') });
      expect(await lake.cli('restore', 'silver.harmful_domains', '--from', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('it goes with no table') });
      expect(await lake.cli('restore', '--from', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('nobody to ask here: add --yes') });

      await deny('after-the-backup.example');
      await lake.becomes(active('after-the-backup.example'), 1);
      // The accident: a layer and every checkpoint are gone, while drivers write on.
      const s3 = join(lake.home.data, 'aws', 's3', ACCOUNT);
      for (const path of [join(localBucket('lake'), 'silver'), localBucket('checkpoints')]) rmSync(join(s3, path), { recursive: true, maxRetries: 20, retryDelay: 50 });
      const restored = await lake.cli('restore', '--from', file, '--yes', '--json');
      expect(restored.code, restored.stderr).toBe(0);
      const { tables, aside } = JSON.parse(restored.stdout) as { tables: { table: string; problem: string | null }[]; aside: string };
      expect(tables.filter(({ problem }) => problem !== null)).toEqual([]);
      expect(tables.length).toBe(lakeTables().length);
      expect(existsSync(join(aside, 'aws'))).toBe(true);
      await lake.becomes(active('after-the-backup.example'), 0);
      expect(await rows()).toEqual(before);

      await deny('after-the-restore-of-all.example');
      await lake.becomes(active('after-the-restore-of-all.example'), 1);
      expect(await lake.number(active('in-the-backup.example'))).toBe(1);
      const bronze = 'SELECT count(*) - count(DISTINCT cast("partition" AS varchar) || \'@\' || cast("offset" AS varchar)) FROM bronze.harmful_domains';
      expect(await lake.number(bronze)).toBe(0);
      expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    }, 400_000);

    test('a stage is proved from its schedules to SQL', async () => {
      const { stdout } = await lake.cli('doctor', '--stage', 'local', '--json');
      const { findings } = JSON.parse(stdout) as { findings: { check: string; ok: boolean; found: string }[] };
      const waitedFor = datasets.filter((dataset) => isFed(dataset) && !dataset.service.background).map(({ name }) => `a record of ${name} to gold, by SQL`);
      expect(waitedFor).not.toEqual([]);
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
      expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['schedule hourly', 'kafka', 'spark', ...waitedFor]));
    }, 300_000);
  });
}
