import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetJobRunCommand } from '@aws-sdk/client-glue';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { runQuery } from '../../bin/lake/athena.js';
import { describeCheck, invokeIngest } from '../../bin/lake/ingest.js';
import { invokeFunction } from '../../bin/lake/invoke.js';
import { localTarget, type Target } from '../../bin/lake/target.js';
import type { IngestRequest } from '../../lambdas/ingest/event.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import type { Report } from '../../lambdas/monitor/monitor.js';
import type { Fault } from '../../localstack/feeds/server.js';
import { lastError } from '../../localstack/front-door/run-record.js';
import { localName } from '../../localstack/identity.js';
import { type Home, homeAt, ROOT } from '../../localstack/paths.js';
import { isAlive, tail, until } from '../../localstack/process.js';
import { down } from '../../localstack/stack/down.js';
import type { Instance } from '../../localstack/stack/instance.js';
import { jobRuns, newestRuns, runIsAlive } from '../../localstack/stack/job-runs.js';
import { trinoReady } from '../../localstack/stack/start.js';
import { type UpOptions, up } from '../../localstack/stack/up.js';
import { type CommandResult, runHere } from './in-process.js';
import { hasSharedData, SHARED_DATA } from './shared-data.js';

const say = (message: string) => process.stderr.write(`  ${message}\n`);

/**
 * Tests call the watchdog and the monitor themselves: their schedules must not come between a kill and what is asserted
 * of it, nor canaries into what is counted. They kill more often than a job may fail in earnest, and do not wait for
 * what nobody else waits for either: a record of the background takes three triggers to Gold.
 */
const QUIET = {
  SLUICE_WATCHDOG_MINUTES: '720',
  SLUICE_MONITOR_MINUTES: '720',
  SLUICE_RESTARTS_PER_HOUR: '1000',
  SLUICE_PERIODIC_SECONDS: '20',
  SLUICE_BACKGROUND_TRIGGER_SECONDS: '10',
};

export type LakeOptions = Partial<UpOptions> & { readonly generated?: boolean };

/** Commands that end their process themselves, or whose work is to outlive it. */
const OF_THEIR_OWN = ['up', 'down', 'backup'];

/** A whole AWS on this machine in a home of its own, with ports of its own: a user's running lake is never touched. */
export class Lake {
  private constructor(
    readonly home: Home,
    readonly state: Instance,
    readonly target: Target,
  ) {}

  /** @param generated feeds that the generator made, all names reserved, even where ../shared/data is there */
  static async start({ generated = false, ...options }: LakeOptions = {}): Promise<Lake> {
    const tests = join(ROOT, '.sluice', 'tests');
    mkdirSync(tests, { recursive: true });
    // A folder name with a space: paths with spaces must work.
    const home = homeAt(mkdtempSync(join(tests, 'lake with space-')));
    // Commands that are run here find the lake as those in a process of their own do.
    Object.assign(process.env, { SLUICE_FEEDS: hasSharedData && !generated ? SHARED_DATA : '', ...QUIET, SLUICE_HOME: home.root, NO_COLOR: '1' });
    try {
      const state = await up(home, { feeds: 'recorded', ...options, deployEnv: { ...QUIET, ...options.deployEnv } }, say);
      const target = localTarget({ home, instance: state });
      await trinoReady(home, state);
      return new Lake(home, state, target);
    } catch (error) {
      await down(home, say);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await down(this.home, say);
    if (!process.env.SLUICE_KEEP_TESTS) rmSync(this.home.root, { recursive: true, force: true });
  }

  async ingest(event: IngestRequest | { readonly source: string; readonly whole?: boolean; readonly dryRun?: boolean }): Promise<SourceCheck> {
    const check = await invokeIngest({ event: 'check', ...event } as IngestRequest, this.target);
    say(describeCheck(check));
    return check;
  }

  private fault(source: string): string {
    return `http://127.0.0.1:${this.state.ports.feeds}/_fault/${source}`;
  }

  /** Lets a recorded feed answer something else, until it is mended. */
  async breakFeed(source: string, fault: Fault): Promise<void> {
    await fetch(this.fault(source), { method: 'PUT', body: JSON.stringify(fault) });
  }

  async mendFeed(source: string): Promise<void> {
    await fetch(this.fault(source), { method: 'DELETE' });
  }

  async sql(text: string): Promise<(string | null)[][]> {
    return (await runQuery(text, this.target)).rows.map((row) => [...row]);
  }

  async number(text: string): Promise<number> {
    return Number((await this.sql(text))[0]?.[0]);
  }

  /** Polls a scalar query until it gives `wanted`. */
  async becomes(text: string, wanted: number, timeoutMs = 180_000): Promise<void> {
    let last = Number.NaN;
    await until(
      async () => {
        last = await this.number(text).catch(() => Number.NaN);
        return last === wanted;
      },
      { timeoutMs, everyMs: 300, describe: () => `${text} gave ${last}, not ${wanted}, within ${timeoutMs / 1000} s${this.deaths()}` },
    );
  }

  /** A command of the command line, on this lake; in a process of its own where it has to be. */
  cli(...args: string[]): Promise<CommandResult> {
    return OF_THEIR_OWN.includes(args[0] ?? '') || (args[0] === 'restore' && args.includes('--from')) ? this.program(...args) : runHere(args);
  }

  /** `./sluice` as people call it. */
  program(...args: string[]): Promise<CommandResult> {
    return new Promise((resolve) => {
      execFile(join(ROOT, 'sluice'), args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
      });
    });
  }

  /** Calls `work` with the address of `sluice serve-export`, which it ends afterwards. */
  async serveLists<T>(work: (url: string) => Promise<T>): Promise<T> {
    const child = spawn(join(ROOT, 'sluice'), ['serve-export', '--port', '0'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      let told = '';
      const url = await new Promise<string>((resolve, reject) => {
        child.once('exit', () => reject(new Error(`serve-export ended: ${told}`)));
        child.stderr.on('data', (chunk: Buffer) => {
          told += chunk.toString('utf8');
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(told);
          if (found) resolve(found[0]);
        });
      });
      return await work(url);
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  }

  /** Runs the monitor now. */
  monitor(): Promise<Report> {
    return invokeFunction<Report>('monitor', {}, 'the monitor', this.target);
  }

  /** State of an alarm, by its name without app and stage. */
  async alarmState(name: string): Promise<string | undefined> {
    const { MetricAlarms = [] } = await this.target.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [localName(name)] }));
    return MetricAlarms[0]?.StateValue;
  }

  async alarmBecomes(name: string, wanted: 'ALARM' | 'OK', timeoutMs = 90_000): Promise<void> {
    let last: string | undefined;
    await until(
      async () => {
        last = await this.alarmState(name);
        return last === wanted;
      },
      { timeoutMs, everyMs: 250, describe: () => `alarm ${name} is ${last}, not ${wanted}, after ${timeoutMs / 1000} s` },
    );
    say(`alarm ${name} is ${wanted}`);
  }

  /** Runs the monitor, as its schedule would, until an alarm is OK: what it measures is looked at by the minute. */
  async alarmClears(name: string, timeoutMs = 240_000): Promise<void> {
    await until(
      async () => {
        await this.monitor();
        return (await this.alarmState(name)) === 'OK';
      },
      { timeoutMs, everyMs: 5_000, describe: () => `alarm ${name} does not clear within ${timeoutMs / 1000} s` },
    );
    say(`alarm ${name} is OK`);
  }

  /** Notifications that have come since the last call: `STATE alarm`, or the first line of what a flow says. */
  async notifications(): Promise<string[]> {
    const { QueueUrl } = await this.target.sqs.send(new GetQueueUrlCommand({ QueueName: localName('notifications') }));
    for (;;) {
      const { Messages = [] } = await this.target.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      for (const { Body = '{}', ReceiptHandle } of Messages) {
        const alarm = Body.startsWith('{') ? (JSON.parse(Body) as { AlarmName?: string; NewStateValue?: string }) : null;
        this.heard.push(alarm ? `${alarm.NewStateValue} ${alarm.AlarmName?.replace(localName(''), '')}` : (Body.split('\n')[0] ?? ''));
        await this.target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      if (Messages.length === 0) return this.heard.splice(0);
    }
  }

  private readonly heard: string[] = [];

  /** Which jobs ended by themselves, and of what: it is seldom what a test that waits in vain is about. */
  private deaths(): string {
    const dead = newestRuns(this.home).filter((run) => !run.batch && run.state !== 'STOPPED' && !runIsAlive(run));
    return dead.map((run) => `; ${run.job} died: ${lastError(run.process ? tail(run.process.log, 10_000) : (run.error ?? ''))}`).join('');
  }

  /** The newest run of a job. */
  run(job: string) {
    return jobRuns(this.home).find((run) => run.job === localName(job));
  }

  /** SIGKILLs a job's driver, Python and JVM alike. */
  async kill(job: string): Promise<void> {
    const run = this.run(job);
    if (!run?.process || !runIsAlive(run)) throw new Error(`job ${job} is not running, so it cannot be killed`);
    process.kill(-run.process.pid, 'SIGKILL');
    const { process: killed } = run;
    await until(async () => !isAlive(killed), { timeoutMs: 10_000, describe: () => `job ${job} survived SIGKILL` });
    // The front door hears of it from the system, a moment later.
    const { glue } = this.target;
    await until(async () => (await glue.send(new GetJobRunCommand({ JobName: run.job, RunId: run.id }))).JobRun?.JobRunState !== 'RUNNING', {
      timeoutMs: 10_000,
      everyMs: 20,
      describe: () => `nobody has told the front door that job ${job} was killed`,
    });
  }

  /** What the watchdog's schedule does, now. */
  async watchdog(): Promise<Record<string, string>> {
    const { Payload } = await this.target.lambda.send(new InvokeCommand({ FunctionName: localName('watchdog'), Payload: Buffer.from('{}') }));
    return (JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as { jobs: Record<string, string> }).jobs;
  }

  /** Offsets that are in no ledger row, per partition: ranges must follow each other without a gap. */
  async offsetGaps(dataset: string): Promise<string[]> {
    const rows = await this.sql(
      `SELECT o."partition", o.first_offset, o.last_offset, o.records FROM ops.ledger l CROSS JOIN UNNEST(l.offsets) AS o(topic, "partition", first_offset, last_offset, records) WHERE l.dataset = '${dataset}' ORDER BY 1, 2`,
    );
    const gaps: string[] = [];
    const next = new Map<string, number>();
    for (const [partition, first, last, records] of rows) {
      const expected = next.get(partition ?? '') ?? 0;
      if (Number(first) !== expected) gaps.push(`partition ${partition}: ${expected} to ${first}`);
      if (Number(last) - Number(first) + 1 !== Number(records)) gaps.push(`partition ${partition}: ${records} records between ${first} and ${last}`);
      next.set(partition ?? '', Number(last) + 1);
    }
    return gaps;
  }
}

/** A lake for the tests of a `describe`: started before them, given to them, stopped after them, whatever became of it. */
export function useLake(give: (lake: Lake) => void, options: () => LakeOptions = () => ({})): void {
  let lake: Lake | undefined;
  beforeAll(async () => {
    lake = await Lake.start(options());
    give(lake);
  }, 400_000);
  afterAll(async () => {
    await lake?.stop();
  }, 120_000);
}
