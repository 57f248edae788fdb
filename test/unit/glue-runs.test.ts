import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { GlueRuns } from '../../localstack/front-door/glue-runs.js';
import { lastError } from '../../localstack/front-door/run-record.js';
import { homeAt } from '../../localstack/paths.js';
import { isAlive, startProcess } from '../../localstack/process.js';

test.each([
  ['2026 CRITICAL medallion lease lost\njava.lang.IllegalStateException: stopped\n', '2026 CRITICAL medallion lease lost'],
  ['java.io.IOException: a\njava.io.IOException: b\n  at x.y\n', 'java.io.IOException: b'],
  [
    'Caused by: java.io.IOException: c\n\tat org.apache.spark.util.SparkErrorUtils.tryWithSafeFinally(SparkErrorUtils.scala:64)\n\t... 1 more\n',
    'Caused by: java.io.IOException: c',
  ],
  ['a\nb\n\n', 'b'],
  ['', 'no output'],
])('what a run ended of is its own last word, else the last error, else the last line: %j', (log, said) => expect(lastError(log)).toBe(said));

describe('how a run ended', () => {
  const home = homeAt(mkdtempSync(join(tmpdir(), 'glue-runs-')));
  afterAll(() => rmSync(home.root, { recursive: true, force: true }));

  const door = (command: string, batch: boolean) => {
    const Job = { Name: 'job', Command: { Name: batch ? 'glueetl' : 'gluestreaming' } };
    const options = { home, glue: { send: async () => ({ Job }) } as unknown as GlueClient, s3: {} as S3Client, s3Endpoint: '', awsEndpoint: '', driverMemory: '' };
    return new GlueRuns(options, async (_job, run) => startProcess(home, { name: `job-${run.job}-${run.id}`, command: 'sh', args: ['-c', command] }));
  };
  type Described = { JobRun: { JobRunState: string; ErrorMessage?: string } };
  const asked = async (runs: GlueRuns, command: string, input: Record<string, string>) => (await runs.operations[command]?.(input as never)) as never;
  const started = async (runs: GlueRuns): Promise<string> => ((await asked(runs, 'StartJobRun', { JobName: 'job' })) as { JobRunId: string }).JobRunId;
  const stateOf = async (runs: GlueRuns, RunId: string) => ((await asked(runs, 'GetJobRun', { JobName: 'job', RunId })) as Described).JobRun;
  /** The process that the door keeps of its newest run. */
  const processOf = () => (JSON.parse(readFileSync(join(home.run, 'glue-runs.json'), 'utf8')) as { process: Parameters<typeof isAlive>[0] }[]).at(-1)?.process;

  test('is not known before the system has said it, though its process is gone', async () => {
    const runs = door('echo java.io.FileNotFoundException: passed over', true);
    const id = await started(runs);
    const running = processOf();
    // Nothing is awaited: the process is gone, and nobody can have told the door.
    for (const until = Date.now() + 10_000; running && isAlive(running) && Date.now() < until; );
    expect(running && isAlive(running)).toBe(false);
    const asking = stateOf(runs, id);
    expect((await asking).JobRunState).toBe('RUNNING');
    await expect.poll(async () => (await stateOf(runs, id)).JobRunState).toBe('SUCCEEDED');
  });

  test.each([
    ['a batch job that fails', 'echo java.io.IOException: x; exit 1', true, 'FAILED', 'the driver ended by itself: java.io.IOException: x'],
    ['a streaming job that ends', 'exit 0', false, 'FAILED', 'the driver ended by itself: no output'],
  ])('%s', async (_, command, batch, state, error) => {
    const runs = door(command, batch);
    const id = await started(runs);
    await expect.poll(async () => (await stateOf(runs, id)).JobRunState).toBe(state);
    expect((await stateOf(runs, id)).ErrorMessage).toBe(error);
  });

  test('a run that is stopped has stopped, and a door that did not see its end says so', async () => {
    const runs = door('exec sleep 60', true);
    const stopped = await started(runs);
    await runs.stopAll();
    expect((await stateOf(runs, stopped)).JobRunState).toBe('STOPPED');
    const going = await started(runs);
    const running = processOf();
    const other = door('', true);
    expect((await stateOf(other, going)).JobRunState).toBe('RUNNING');
    process.kill(running?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await stateOf(other, going)).JobRunState).toBe('FAILED');
    expect((await stateOf(other, going)).ErrorMessage).toMatch(/^nobody saw how it ended.*; the driver ended by itself: no output$/);
  });
});
