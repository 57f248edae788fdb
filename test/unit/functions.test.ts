import { describe, expect, test } from 'vitest';
import { sendAll } from '../../lambdas/shared/producer.js';
import { ensureTopics, type TopicAdmin, type TopicDescription, type TopicSpec } from '../../lambdas/topics/ensure-topics.js';
import { awakeSince, inWindow, type JobApi, type JobRun, retire, stopAll, type WatchdogDeps, type WatchedJob, watch, watchdogMetrics } from '../../lambdas/watchdog/watch-jobs.js';

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

const NOW = Date.parse('2026-11-26T12:30:00Z');
const MINUTE = 60_000;
const aRun = (id: string, state: string, fingerprint: string, endedAt: number | null = null, startedAt = NOW - 5 * MINUTE): JobRun => ({
  id,
  state,
  fingerprint,
  startedAt,
  endedAt,
  error: null,
});

class FakeJobs implements JobApi {
  readonly calls: string[] = [];
  constructor(
    readonly all: JobRun[],
    private readonly stopsAfter = 1,
  ) {}
  private polls = 0;
  async runs(_job?: string): Promise<JobRun[]> {
    const stopping = this.all.findIndex(({ state }) => state === 'STOPPING');
    if (stopping >= 0 && ++this.polls > this.stopsAfter) this.all[stopping] = { ...(this.all[stopping] as JobRun), state: 'STOPPED' };
    return [...this.all];
  }
  async start(_job: string, fingerprint: string, workers?: number) {
    this.calls.push(`start ${fingerprint}${workers === undefined ? '' : ` with ${workers}`}`);
    this.all.unshift(aRun('new', 'STARTING', fingerprint));
    return 'new';
  }
  async stop(_job: string, id: string) {
    this.calls.push(`stop ${id}`);
    const i = this.all.findIndex((run) => run.id === id);
    this.all[i] = { ...(this.all[i] as JobRun), state: 'STOPPING' };
  }
}

describe('the watchdog', () => {
  const job: WatchedJob = { name: 'j', release: 'r2' };
  const look = (jobs: FakeJobs, deps: Partial<WatchdogDeps> = {}, watched: WatchedJob = job) =>
    watch([watched], { jobs, wish: async () => ({ stopped: false }), clock: () => NOW, sleep: async () => undefined, stopPolls: 5, restartsPerHour: 3, force: false, ...deps });
  test('leaves a run of the current fingerprint alone', async () => {
    const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r2')]);
    expect(await look(jobs)).toEqual({ j: 'running' });
    expect(jobs.calls).toEqual([]);
  });
  test.each(['FAILED', 'STOPPED', 'TIMEOUT', 'SUCCEEDED'])('starts a job whose last run is %s', async (state) => {
    const jobs = new FakeJobs([aRun('1', state, 'r2', NOW - MINUTE)]);
    expect(await look(jobs)).toEqual({ j: 'started' });
    expect(jobs.calls).toEqual(['start r2']);
  });
  test('restarts a run of another fingerprint, one run at a time', async () => {
    const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r1')]);
    expect(await look(jobs)).toEqual({ j: 'restarted' });
    expect(jobs.calls).toEqual(['stop 1', 'start r2']);
  });
  test('starts nothing while an old run is still stopping', async () => {
    const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r1')], 99);
    expect(await look(jobs)).toEqual({ j: 'stopping' });
    expect(jobs.calls).toEqual(['stop 1']);
  });
  test('starts a job that fails again and again so many times an hour, then waits, unless it is forced', async () => {
    const failed = (...minutesAgo: number[]) => new FakeJobs(minutesAgo.map((ago) => aRun(String(ago), 'FAILED', 'r2', NOW - ago * MINUTE)));
    expect(await look(failed(1, 2))).toEqual({ j: 'started' });
    expect(await look(failed(1, 2, 59))).toEqual({ j: 'limited' });
    expect(await look(failed(1, 2, 61))).toEqual({ j: 'started' });
    expect(await look(failed(1, 2, 3), { force: true })).toEqual({ j: 'started' });
    const stopped = new FakeJobs([1, 2, 3].map((ago) => aRun(String(ago), 'STOPPED', 'r2', NOW - ago * MINUTE)));
    expect(await look(stopped), 'what was told to stop has not failed').toEqual({ j: 'started' });
  });
  test('leaves a job stopped that an operator stopped, and does not call that a failure', async () => {
    const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r2')]);
    const outcome = await look(jobs, { wish: async () => ({ stopped: true }), force: true });
    expect(outcome).toEqual({ j: 'paused' });
    expect(jobs.calls).toEqual(['stop 1']);
    expect(watchdogMetrics(outcome, false)).toContainEqual({ name: 'JobRunning', dimensions: { Job: 'j' }, value: 1, unit: 'Count' });
    expect(watchdogMetrics({ j: 'limited' }, true)).toContainEqual({ name: 'RestartLimited', dimensions: { Job: 'j' }, value: 1, unit: 'Count' });
    expect(watchdogMetrics({ j: 'started' }, false)).toContainEqual({ name: 'JobRunning', dimensions: { Job: 'j' }, value: 0, unit: 'Count' });
    // A deploy, or `sluice up` after `down`: nobody is to be told.
    expect(watchdogMetrics({ j: 'started' }, true)).toContainEqual({ name: 'JobRunning', dimensions: { Job: 'j' }, value: 1, unit: 'Count' });
  });
  test('tells what runs of another layout to stop, whether its job is still there or not', async () => {
    const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r1'), aRun('0', 'STOPPING', 'r1')]);
    const runs = jobs.runs.bind(jobs);
    jobs.runs = async (name?: string) => {
      if (name === 'gone') throw Object.assign(new Error('gone was not found'), { name: 'EntityNotFoundException' });
      return name === 'quiet' ? [] : runs();
    };
    expect(await retire(['gone', 'quiet', 'bronze'], jobs)).toEqual(['bronze']);
    expect(jobs.calls).toEqual(['stop 1']);
  });
  test('starts a scaled job with its workers', async () => {
    const jobs = new FakeJobs([]);
    await look(jobs, { wish: async () => ({ stopped: false, workers: 4 }) });
    expect(jobs.calls).toEqual(['start r2 with 4']);
  });
  test('keeps to a daily window and to a restart interval where a job has them', async () => {
    expect(inWindow({ fromHour: 6, toHour: 12 }, NOW)).toBe(false);
    expect(inWindow({ fromHour: 6, toHour: 13 }, NOW)).toBe(true);
    expect(inWindow({ fromHour: 22, toHour: 13 }, NOW)).toBe(true);
    expect(awakeSince(undefined, NOW)).toBe(0);
    expect(awakeSince({ fromHour: 6, toHour: 12 }, NOW)).toBeNull();
    expect(awakeSince({ fromHour: 6, toHour: 13 }, NOW)).toBe(NOW - 6 * 60 * MINUTE - (NOW % (60 * MINUTE)));
    expect(awakeSince({ fromHour: 22, toHour: 13 }, NOW)).toBe(NOW - 14 * 60 * MINUTE - (NOW % (60 * MINUTE)));
    const resting = new FakeJobs([aRun('1', 'RUNNING', 'r2')]);
    expect(await look(resting, {}, { ...job, window: { fromHour: 22, toHour: 6 } })).toEqual({ j: 'resting' });
    expect(resting.calls).toEqual(['stop 1']);
    const old = new FakeJobs([aRun('1', 'RUNNING', 'r2', null, NOW - 25 * 60 * MINUTE)]);
    expect(await look(old, {}, { ...job, restartEveryHours: 24 })).toEqual({ j: 'restarted' });
  });
  describe('when its stack goes', () => {
    const end = (jobs: FakeJobs, stopPolls = 5) => stopAll([job], { jobs, sleep: async () => undefined, stopPolls });
    test('stops what runs, waits until it has ended, and starts nothing', async () => {
      const jobs = new FakeJobs([aRun('1', 'RUNNING', 'r2'), aRun('0', 'STOPPED', 'r1', NOW)]);
      expect(await end(jobs)).toEqual({ j: 'paused' });
      expect(jobs.calls).toEqual(['stop 1']);
      expect(jobs.all.map(({ state }) => state)).toEqual(['STOPPED', 'STOPPED']);
    });
    test('stops also what a call of the watchdog was about to start', async () => {
      const jobs = new FakeJobs([]);
      let looks = 0;
      const runs = jobs.runs.bind(jobs);
      jobs.runs = async () => {
        const seen = await runs();
        if (++looks === 1) await jobs.start('j', 'r2');
        return seen;
      };
      expect(await end(jobs)).toEqual({ j: 'paused' });
      expect(jobs.calls).toEqual(['start r2', 'stop new']);
    });
    test('does not wait for ever for a run that takes its time', async () => expect(await end(new FakeJobs([aRun('1', 'RUNNING', 'r2')], 99))).toEqual({ j: 'stopping' }));
    test('ends where the job is gone, and fails, naming the way out, where a run does not take the stop', async () => {
      const gone = new FakeJobs([]);
      gone.runs = async () => {
        throw Object.assign(new Error('no such job'), { name: 'EntityNotFoundException' });
      };
      expect(await end(gone)).toEqual({ j: 'paused' });
      const stubborn = new FakeJobs([aRun('1', 'RUNNING', 'r2')]);
      stubborn.stop = async () => {
        throw new Error('job j: run 1 cannot be stopped: access denied');
      };
      await expect(end(stubborn, 2)).rejects.toThrow(/run 1 cannot be stopped: access denied: stop the runs by hand/);
    });
  });
  test('a job that cannot be looked at hides no other', async () => {
    const jobs = new FakeJobs([]);
    const runs = jobs.runs.bind(jobs);
    jobs.runs = async (name?: string) => {
      if (name === 'broken') throw new Error('no such job');
      return runs();
    };
    const both = watch([{ name: 'broken', release: 'r' }, job], {
      jobs,
      wish: async () => ({ stopped: false }),
      clock: () => NOW,
      sleep: async () => undefined,
      stopPolls: 1,
      restartsPerHour: 3,
      force: false,
    });
    await expect(both).rejects.toThrow('broken: no such job');
    expect(jobs.calls).toEqual(['start r2']);
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
