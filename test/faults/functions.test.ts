import { readdirSync, readFileSync } from 'node:fs';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateJobCommand, GetJobCommand, GetJobRunCommand, StartJobRunCommand } from '@aws-sdk/client-glue';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import { localName } from '../../localstack/identity.js';
import { sleep, until } from '../../localstack/process.js';
import { runIsAlive } from '../../localstack/stack/job-runs.js';
import { type Lake, useLake } from '../support/lake.js';

const NAMES = 20_000;
const IPS = 25;
const IN_SILVER = "SELECT count(*) FROM silver.harmful_domains WHERE source = 'stevenblack'";

/** Processes of a function of ours on this lake: the emulator's workers, by their folder. */
function workersOf(name: string, lake: Lake): number[] {
  return readdirSync('/proc')
    .filter((each) => /^\d+$/.test(each))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes(lake.home.root) && command.includes(`ministack-lambda-${localName(name)}-`);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

describe('SIGKILL of the ingest function', () => {
  let lake: Lake;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ generated: true }),
  );

  function killWorkers(): number {
    const pids = workersOf('ingest', lake);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return pids.length;
  }

  const produced = async (): Promise<number> => {
    const kafka = new Kafka({ clientId: 'kills', brokers: [`127.0.0.1:${lake.state.ports.kafka}`], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    try {
      return (await admin.fetchTopicOffsets('harmful_domains')).reduce((sum, { offset }) => sum + Number(offset), 0);
    } finally {
      await admin.disconnect();
    }
  };

  /** Whether the source's lease could be taken now. */
  async function leaseState(): Promise<'free' | 'held'> {
    const { Item } = await lake.target.dynamo.send(new GetItemCommand({ TableName: localName('state'), Key: { pk: { S: 'source#stevenblack' } }, ConsistentRead: true }));
    return Number(Item?.leaseUntil?.N ?? 0) < Date.now() ? 'free' : 'held';
  }

  /** A check that is not skipped: the killed run's lease must have run out. */
  const ingestOnceFree = (): Promise<SourceCheck> =>
    until(
      async () => {
        const check = await lake.ingest({ source: 'stevenblack' });
        return check.outcome === 'skipped' ? null : check;
      },
      { timeoutMs: 240_000, everyMs: 10_000, describe: () => 'the lease of the killed run does not run out' },
    );

  test('while it fetches: the next check fetches again, and nothing was said', async () => {
    await lake.breakFeed('stevenblack', { delayMs: 8_000 });
    const invoked = lake.ingest({ source: 'stevenblack' }).then(
      () => 'answered',
      () => 'failed',
    );
    await sleep(3_000);
    expect(killWorkers()).toBeGreaterThan(0);
    expect(await invoked).toBe('failed');
    await lake.mendFeed('stevenblack');
    expect(await produced()).toBe(0);
    expect((await lake.ingest({ source: 'stevenblack' })).reason, 'its lease holds for two minutes').toContain('holds its lease');
  }, 120_000);

  test('while it sends: the next check sends the rest, and Silver has each record once', async () => {
    await until(async () => (await leaseState()) === 'free', { timeoutMs: 240_000, everyMs: 5_000, describe: () => 'the lease does not run out' });
    const invoked = lake.ingest({ source: 'stevenblack' }).then(
      () => 'answered',
      () => 'failed',
    );
    let sent = 0;
    await until(
      async () => {
        sent = await produced();
        return sent > 0;
      },
      { timeoutMs: 60_000, everyMs: 5, describe: () => 'nothing was sent' },
    );
    killWorkers();
    expect(await invoked).toBe('failed');
    const before = await produced();
    process.stderr.write(`  killed when ${sent} of ${NAMES + IPS} records were sent, ${before} in the end\n`);
    expect(before).toBeLessThan(NAMES + IPS);
    const check = await ingestOnceFree();
    expect(check).toMatchObject({ outcome: 'not_modified', produced: NAMES + IPS, sequence: 1, whole: true });
    await lake.becomes(IN_SILVER, NAMES + IPS);
    expect(await lake.number("SELECT count(DISTINCT name) FROM silver.harmful_domains WHERE source = 'stevenblack' AND sequence = 1")).toBe(NAMES + IPS);
    // What was sent twice is in Bronze twice, and counted as such.
    await lake.becomes("SELECT sum(duplicate) FROM ops.ledger WHERE dataset = 'harmful_domains'", before);
    expect(await lake.number('SELECT count(*) FROM bronze.harmful_domains')).toBe(before + NAMES + IPS);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
  }, 600_000);
});

describe('two drivers on one table', () => {
  let lake: Lake;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ generated: true }),
  );
  const silver = localName('silver');
  const lease = () => lake.target.dynamo.send(new GetItemCommand({ TableName: localName('state'), Key: { pk: { S: 'lease#silver' } }, ConsistentRead: true }));
  const holder = async () => (await lease()).Item?.run_id?.S;
  const runState = async (JobName: string, RunId: string) => (await lake.target.glue.send(new GetJobRunCommand({ JobName, RunId }))).JobRun;

  test('combined and separate at once: the second is refused, and the first goes on', async () => {
    const run = lake.run('combined');
    await until(async () => (await holder()) === run?.id, { timeoutMs: 60_000, everyMs: 500, describe: () => 'the driver holds no lease' });
    const { Job } = await lake.target.glue.send(new GetJobCommand({ JobName: localName('combined') }));
    await lake.target.glue.send(
      new CreateJobCommand({
        Name: silver,
        Role: Job?.Role ?? '',
        Command: Job?.Command ?? {},
        DefaultArguments: Job?.DefaultArguments ?? {},
        GlueVersion: Job?.GlueVersion ?? '5.0',
      }),
    );
    const { JobRunId: second = '' } = await lake.target.glue.send(new StartJobRunCommand({ JobName: silver, Arguments: { '--layers': 'silver', '--lease-seconds': '5' } }));
    const ended = await until(async () => ((await runState(silver, second))?.JobRunState === 'FAILED' ? runState(silver, second) : null), {
      timeoutMs: 60_000,
      everyMs: 500,
      describe: () => 'the second driver was not refused',
    });
    expect(ended?.ErrorMessage).toContain(`lease silver is held by ${localName('combined')} run ${run?.id}, which is still running: stop that run first`);
    expect(await holder()).toBe(run?.id);
    await lake.ingest({ source: 'disposable_email' });
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'disposable_email'", 1_200);
  }, 240_000);

  test('an old run that comes back to life finds its lease lost, and stops before it writes', async () => {
    const run = lake.run('combined');
    const pid = run?.process?.pid;
    if (run === undefined || pid === undefined) throw new Error('the driver does not run');
    // It sleeps as if its worker had been cut off, and another takes its place meanwhile.
    process.kill(-pid, 'SIGSTOP');
    const key = { pk: { S: 'lease#silver' } };
    await lake.target.dynamo.send(new PutItemCommand({ TableName: localName('state'), Item: { ...key, job_name: { S: silver }, run_id: { S: 'jr_successor' } } }));
    await lake.ingest({ source: 'blocklistproject_phishing' });
    process.kill(-pid, 'SIGCONT');
    await until(async () => !runIsAlive(run), { timeoutMs: 60_000, everyMs: 500, describe: () => 'the holder that lost its lease goes on' });
    expect((await runState(run.job, run.id))?.ErrorMessage).toContain(`lease silver: this run (${run.id}) lost it to jr_successor`);
    const inSilver = () => lake.number("SELECT count(*) FROM silver.harmful_domains WHERE source = 'blocklistproject_phishing'");
    expect(await inSilver()).toBe(0);
    // A successor that Glue does not know has ended: the next run takes over, and nothing is lost.
    await lake.watchdog();
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'blocklistproject_phishing'", 1_200);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
    expect(await lake.number('SELECT count(*) FROM (SELECT name, sequence FROM silver.harmful_domains GROUP BY 1, 2, source, entry_type, scope, action HAVING count(*) > 1)')).toBe(
      0,
    );
  }, 300_000);
});
