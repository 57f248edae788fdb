import { describe, expect, test } from 'vitest';
import { sendAll } from '../../lambdas/shared/producer.js';
import { ensureTopics, type TopicAdmin, type TopicDescription, type TopicSpec } from '../../lambdas/topics/run.js';
import { type JobApi, type JobRun, watch } from '../../lambdas/watchdog/run.js';

class FakeAdmin implements TopicAdmin {
  readonly calls: string[] = [];
  constructor(readonly topics = new Map<string, TopicDescription>()) {}
  describe = async (name: string) => this.topics.get(name) ?? null;
  async create({ name, partitions, retentionMs }: TopicSpec) {
    this.calls.push(`create ${name}`);
    this.topics.set(name, { partitions, retentionMs });
  }
  async setRetention(name: string, retentionMs: number) {
    this.calls.push(`retention ${name}`);
    this.topics.set(name, { partitions: this.topics.get(name)?.partitions ?? 0, retentionMs });
  }
}

describe('topics', () => {
  const spec = { name: 't', partitions: 3, retentionMs: 1000 };
  test('are made once', async () => {
    const admin = new FakeAdmin();
    await ensureTopics([spec], admin);
    await ensureTopics([spec], admin);
    expect(admin.calls).toEqual(['create t']);
  });
  test('get a changed retention in place', async () => {
    const admin = new FakeAdmin(new Map([['t', { partitions: 3, retentionMs: 5 }]]));
    await ensureTopics([spec], admin);
    expect(admin.calls).toEqual(['retention t']);
  });
  test('with another partition count are left alone, and the deploy fails', async () => {
    const admin = new FakeAdmin(new Map([['t', { partitions: 2, retentionMs: 1000 }]]));
    await expect(ensureTopics([spec], admin)).rejects.toThrow(/topic t has 2 partitions, the contract says 3: partition counts are frozen/);
    expect(admin.calls).toEqual([]);
  });
  test('are asserted on the broker, which may have done something else than it was told', async () => {
    const admin = new FakeAdmin();
    admin.setRetention = async () => undefined;
    admin.topics.set('t', { partitions: 3, retentionMs: 7 });
    await expect(ensureTopics([spec], admin)).rejects.toThrow(/topic t: the broker says .*7.*, the contract 3 partitions and 1000 ms/);
  });
});

class FakeJobs implements JobApi {
  readonly calls: string[] = [];
  constructor(
    readonly all: JobRun[],
    private readonly stopsAfter = 1,
  ) {}
  private polls = 0;
  async runs(): Promise<JobRun[]> {
    const stopping = this.all.findIndex(({ state }) => state === 'STOPPING');
    if (stopping >= 0 && ++this.polls > this.stopsAfter) this.all[stopping] = { ...(this.all[stopping] as JobRun), state: 'STOPPED' };
    return [...this.all];
  }
  async start(_job: string, release: string) {
    this.calls.push(`start ${release}`);
    this.all.unshift({ id: 'new', state: 'STARTING', release });
    return 'new';
  }
  async stop(_job: string, id: string) {
    this.calls.push(`stop ${id}`);
    const i = this.all.findIndex((run) => run.id === id);
    this.all[i] = { ...(this.all[i] as JobRun), state: 'STOPPING' };
  }
}

describe('the watchdog', () => {
  const job = { name: 'j', release: 'r2' };
  const look = (jobs: FakeJobs, stopPolls = 5) => watch([job], { jobs, sleep: async () => undefined, stopPolls });
  test('leaves a run of the current release alone', async () => {
    const jobs = new FakeJobs([{ id: '1', state: 'RUNNING', release: 'r2' }]);
    expect(await look(jobs)).toEqual({ j: 'running' });
    expect(jobs.calls).toEqual([]);
  });
  test.each(['FAILED', 'STOPPED', 'TIMEOUT', 'SUCCEEDED'])('starts a job whose last run is %s', async (state) => {
    const jobs = new FakeJobs([{ id: '1', state, release: 'r2' }]);
    expect(await look(jobs)).toEqual({ j: 'started' });
    expect(jobs.calls).toEqual(['start r2']);
  });
  test('restarts a run of another release, one run at a time', async () => {
    const jobs = new FakeJobs([{ id: '1', state: 'RUNNING', release: 'r1' }]);
    expect(await look(jobs)).toEqual({ j: 'restarted' });
    expect(jobs.calls).toEqual(['stop 1', 'start r2']);
  });
  test('starts nothing while an old run is still stopping', async () => {
    const jobs = new FakeJobs([{ id: '1', state: 'RUNNING', release: 'r1' }], 99);
    expect(await look(jobs)).toEqual({ j: 'stopping' });
    expect(jobs.calls).toEqual(['stop 1']);
  });
});

test('records go out in bounded batches, one in flight, and only acknowledged ones are counted', async () => {
  let inFlight = 0;
  const sizes: number[] = [];
  const producer = {
    async send(_topic: string, records: readonly unknown[]) {
      expect(++inFlight).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inFlight--;
      sizes.push(records.length);
    },
    close: async () => undefined,
  };
  async function* many(count: number, size: number) {
    for (let i = 0; i < count; i++) yield { key: String(i), value: 'x'.repeat(size), headers: {} };
  }
  expect(await sendAll(producer, 't', many(4_500, 10), async () => undefined)).toBe(4_500);
  expect(sizes).toEqual([2_000, 2_000, 500]);
  sizes.length = 0;
  expect(await sendAll(producer, 't', many(10, 300_000), async () => undefined)).toBe(10);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
});
