import { describe, expect, test } from 'vitest';
import { harmfulDomains as harmful } from '../../datasets/harmful_domains/contract.js';
import type { IngestRequest } from '../../lambdas/ingest/event.js';
import { lookAtRuns } from '../../lambdas/monitor/runs-health.js';
import { MAX_TRIES } from '../../lambdas/shared/published.js';
import { fakeDeps, foldActive, hostsOf, publishedOf, run, World } from '../support/ingest-fakes.js';

const MINUTE = 60_000;
const SOURCE = 'stevenblack';

/** A lake whose Bronze holds what the topic holds, save what the broker lost. */
class Lake extends World {
  readonly lostRuns = new Set<string>();
  behind = 0;

  ingest(names: readonly string[], event: Partial<IngestRequest> = {}) {
    this.body = hostsOf(names);
    return run({ source: SOURCE, ...event }, fakeDeps(this));
  }

  private get bronze() {
    return (this.topics.get('harmful_domains') ?? []).filter(({ headers }) => !this.lostRuns.has(String(headers['sluice-run'])));
  }

  /** The records that came through, without where they stood. */
  get records(): string[] {
    return [...new Set(this.bronze.map(({ value }) => String(value)))].sort();
  }

  /** What the monitor finds, so many minutes later. */
  monitor(minutes: number) {
    this.now += minutes * MINUTE;
    const held = new Map<string, number>();
    for (const { headers } of this.bronze) held.set(String(headers['sluice-run']), (held.get(String(headers['sluice-run'])) ?? 0) + 1);
    const sql = async (text: string) => [...held].filter(([id]) => text.includes(`'${id}'`)).map(([id, count]) => [id, String(count)]);
    return lookAtRuns(harmful, { sql, published: publishedOf(this, async (_step, action) => action()), now: this.now, bronzeAge: async () => this.behind });
  }

  get waiting() {
    return [...(this.published.get(SOURCE)?.values() ?? [])];
  }
}

describe('records that the broker acknowledged and lost', () => {
  test('are sent again by the next run, bytes unchanged, though the list has moved on', async () => {
    const [lake, whole] = [new Lake(), new Lake()];
    const days = [['a.example', 'b.example'], ['b.example', 'c.example'], ['c.example']];
    for (const world of [lake, whole]) {
      await world.ingest(days[0] ?? []);
      await world.monitor(20);
      // The broker loses what the second run sent.
      if (world === lake) world.lostRuns.add('run-2');
      await world.ingest(days[1] ?? []);
      expect(await world.monitor(20)).toMatchObject({ lost: 0 });
      await world.ingest(days[2] ?? []);
    }
    expect(lake.records).toEqual(whole.records);
    expect(foldActive(lake.sent('harmful_domains'))).toEqual(['c.example']);
    expect((await lake.monitor(20)).findings).toEqual([]);
    expect(lake.waiting).toEqual([]);
  });

  test('are told as degraded while they are sent again, and the run that did says so', async () => {
    const lake = new Lake();
    lake.lostRuns.add('run-1');
    await lake.ingest(['a.example', 'b.example']);
    expect(await lake.monitor(20)).toEqual({
      lost: 0,
      findings: [
        {
          subject: 'run run-1',
          state: 'degraded',
          message: 'stevenblack sent 2 records, bronze.harmful_domains holds 0; the next run of stevenblack sends them again (try 1 of 3)',
        },
      ],
    });
    // What was sent is the first list: whole, and a difference.
    expect(await lake.ingest(['a.example', 'b.example'])).toMatchObject({ outcome: 'unchanged', produced: 2 });
    const details = JSON.parse(String(lake.sent('operations').at(-1)?.details)) as { healed: string[]; steps: { name: string }[] };
    expect([details.healed, details.steps.map(({ name }) => name)]).toEqual([['run-1'], ['heal', 'fetch', 'parse']]);
    expect(lake.waiting).toMatchObject([{ runId: 'run-2', produced: 2, tries: 1, askedAt: null }]);
  });

  test('are not asked for while Bronze has not read so far, nor before a quarter of an hour', async () => {
    const lake = new Lake();
    lake.lostRuns.add('run-1');
    await lake.ingest(['a.example']);
    expect((await lake.monitor(14)).findings).toEqual([]);
    lake.behind = 30 * MINUTE;
    expect((await lake.monitor(10)).findings).toEqual([]);
    lake.behind = 0;
    expect((await lake.monitor(0)).findings).toHaveLength(1);
  });

  test('that are lost again and again are a matter for people', async () => {
    const lake = new Lake();
    for (let n = 1; n <= MAX_TRIES + 2; n++) lake.lostRuns.add(`run-${n}`);
    await lake.ingest(['a.example']);
    for (let n = 0; n < MAX_TRIES; n++) {
      expect(await lake.monitor(20)).toMatchObject({ lost: 0 });
      await lake.ingest(['a.example']);
    }
    expect(await lake.monitor(20)).toMatchObject({ lost: 1, findings: [{ state: 'failed', message: expect.stringContaining('sent again 3 times, in vain') }] });
    const before = lake.sent('harmful_domains').length;
    await lake.ingest(['a.example']);
    expect(lake.sent('harmful_domains')).toHaveLength(before);
  });

  test('that nobody sends again are one too', async () => {
    const lake = new Lake();
    lake.lostRuns.add('run-1');
    await lake.ingest(['a.example']);
    await lake.monitor(20);
    expect(await lake.monitor(181)).toMatchObject({ lost: 1, findings: [{ state: 'failed', message: expect.stringContaining('./sluice ingest stevenblack') }] });
  });

  test('are sent again though the source is paused, and not by a dry run', async () => {
    const lake = new Lake();
    lake.lostRuns.add('run-1');
    await lake.ingest(['a.example']);
    await lake.monitor(20);
    expect(await lake.ingest(['a.example'], { dryRun: true })).toMatchObject({ produced: 0 });
    const item = lake.items.get(SOURCE);
    if (item) item.state = { ...item.state, paused: true };
    expect(await lake.ingest(['z.example'], { scheduled: true })).toMatchObject({ outcome: 'skipped', produced: 1 });
    expect(lake.records).toHaveLength(1);
  });

  test('whose snapshot is gone hold up no source: it is checked, and asked again', async () => {
    const lake = new Lake();
    lake.lostRuns.add('run-1');
    await lake.ingest(['a.example']);
    await lake.monitor(20);
    for (const key of lake.objects.keys()) if (key.startsWith('snapshots/')) lake.objects.set(key, Buffer.from('no gzip'));
    expect(await lake.ingest(['a.example'])).toMatchObject({ outcome: 'unchanged', produced: 0 });
    expect(lake.waiting).toMatchObject([{ runId: 'run-1', tries: 1, askedAt: null }]);
  });

  test('of a run that died behind its acknowledgement are remembered', async () => {
    const lake = new Lake();
    lake.body = hostsOf(['a.example']);
    const dies = fakeDeps(lake, (step) => {
      if (step === 'before promote') throw new Error('killed');
    });
    await expect(run({ source: SOURCE }, dies)).rejects.toThrow();
    expect(lake.waiting).toMatchObject([{ runId: 'run-1', produced: 1 }]);
  });
});
