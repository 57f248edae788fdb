/**
 * bench/s3-requests: how many requests to S3 a trigger of each layer makes, when it finds nothing and when it writes a
 * batch. A proxy before the emulator counts them. `sluice cost` multiplies the figures (lib/cost/usage.ts).
 *
 *   node --import tsx bench/s3-requests.ts [--trigger 5] [--seconds 90]
 *
 * Starts a lake of its own and stops it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BatchStopJobRunCommand, StartJobRunCommand } from '@aws-sdk/client-glue';
import { datasets } from '../datasets/index.js';
import { kafkaProducer } from '../lambdas/shared/kafka.js';
import { localBucket, localName } from '../localstack/identity.js';
import { homeAt, ROOT } from '../localstack/paths.js';
import { anyPort } from '../localstack/ports.js';
import { sleep, startProcess, stopProcess, until } from '../localstack/process.js';
import { awaitEmulator, emulatorSpec } from '../localstack/services/emulator.js';
import { runIsAlive } from '../localstack/stack/job-runs.js';
import { FaultProxy } from '../test/support/fault-proxy.js';
import { Lake } from '../test/support/lake.js';
import { loadRecord } from './load.js';

const { values } = parseArgs({ options: { trigger: { type: 'string', default: '5' }, seconds: { type: 'string', default: '90' } } });
const [trigger, seconds] = [Number(values.trigger), Number(values.seconds)];

/** As S3 bills: `write` PUT, COPY, POST and LIST; `read` GET, HEAD and the rest; deletes are free. */
type Tier = 'write' | 'read' | 'free';
const LAKE = `/${localBucket('lake')}`;
const CHECKPOINTS = `/${localBucket('checkpoints')}`;

function tierOf(method: string, url: URL): Tier {
  if (method === 'DELETE' || (method === 'POST' && url.searchParams.has('delete'))) return 'free';
  if (method === 'PUT' || method === 'POST') return 'write';
  return method === 'GET' && (url.searchParams.has('list-type') || url.searchParams.has('prefix')) ? 'write' : 'read';
}

/** Whose request it is: what a table's own folder hears while nothing is written is asked by the layer that reads it. */
function placeOf(url: URL): string {
  const [, bucket, ...key] = decodeURIComponent(url.pathname).split('/');
  const path = (url.searchParams.get('prefix') ?? key.join('/')).split('/');
  return `${bucket === CHECKPOINTS.slice(1) ? 'checkpoint of ' : ''}${path.slice(0, 2).join('.')}`;
}

const theirs = homeAt(mkdtempSync(join(ROOT, '.sluice', 'theirs-')));
const port = await anyPort();
startProcess(theirs, emulatorSpec(theirs, port, port));
await awaitEmulator(port, () => 'the emulator was not ready');
const proxy = new FaultProxy(port, () => false);
const counts = new Map<string, Record<Tier, number>>();
/** Requests by shape, the numbers in their names taken out: what there is to save. */
const shapes = new Map<string, number>();
proxy.heard = (method, path) => {
  const url = new URL(path, 'http://s3');
  if (!url.pathname.startsWith(LAKE) && !url.pathname.startsWith(CHECKPOINTS)) return;
  const place = placeOf(url);
  const count = counts.get(place) ?? { write: 0, read: 0, free: 0 };
  counts.set(place, count);
  count[tierOf(method, url)]++;
  const shape = `${tierOf(method, url)} ${method} ${decodeURIComponent(url.pathname)}${url.searchParams.has('prefix') ? `?list ${url.searchParams.get('prefix')}` : ''}`.replaceAll(
    /[0-9a-f-]{8,}|\d+/g,
    'N',
  );
  shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
};
const emulatorUrl = await proxy.listen();
try {
  const lake = await Lake.start({ emulatorUrl, generated: true });
  try {
    const JobName = localName('combined');
    const { glue } = lake.target;
    const running = () => {
      const run = lake.run('combined');
      return run !== undefined && run.state === 'RUNNING' && runIsAlive(run) ? run : null;
    };
    const old = running();
    if (old) await glue.send(new BatchStopJobRunCommand({ JobName, JobRunIds: [old.id] }));
    await until(async () => old === null || !runIsAlive(old), { timeoutMs: 60_000, everyMs: 500, describe: () => 'the job does not stop' });
    await sleep(2_000);
    const every = Object.fromEntries(['trigger', 'bronze-trigger', 'gold-trigger', 'periodic'].map((name) => [`--${name}-seconds`, String(trigger)]));
    await glue.send(new StartJobRunCommand({ JobName, Arguments: every }));
    const log = async () => readFile(running()?.process?.log ?? '', 'utf8').catch(() => '');
    await until(async () => (await log()).includes('queries run'), { timeoutMs: 120_000, everyMs: 1_000, describe: () => 'the job does not start' });
    const producer = kafkaProducer({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, auth: 'none', region: 'us-east-1' });
    let sequence = 0;
    const send = () =>
      producer.send(
        'harmful_domains',
        Array.from({ length: 20 }, () => loadRecord(sequence++, 500, new Date())),
      );
    const gold = async () => ((await log()).match(/gold\.harmful_domains batch/g) ?? []).length;
    await send();
    await until(async () => (await gold()) > 0, { timeoutMs: 120_000, everyMs: 1_000, describe: () => 'nothing came to Gold' });
    await sleep(30_000);

    const window = async (what: string, each: () => Promise<void>) => {
      const batches = ((await log()).match(/^.*batch \d+: \{.*$/gm) ?? []).length;
      counts.clear();
      shapes.clear();
      const ends = Date.now() + seconds * 1000;
      while (Date.now() < ends) {
        await each();
        await sleep(Math.min(trigger * 1000, Math.max(0, ends - Date.now())));
      }
      const lines = ((await log()).match(/^.*batch \d+: \{.*$/gm) ?? []).slice(batches);
      const made = new Map<string, number>();
      for (const line of lines) {
        const name = / (\S+) batch \d+:/.exec(line)?.[1] ?? '';
        made.set(name, (made.get(name) ?? 0) + 1);
      }
      const places = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
      const sum = (tier: Tier) => [...counts.values()].reduce((all, count) => all + count[tier], 0);
      process.stdout.write(
        `${JSON.stringify({ what, seconds, trigger, batches: Object.fromEntries(made), write: sum('write'), read: sum('read'), free: sum('free'), places, shapes: Object.fromEntries([...shapes].sort(([, a], [, b]) => b - a)) }, null, 1)}\n`,
      );
    };
    await window('idle', async () => undefined);
    await window('active', send);
    await producer.close();
  } finally {
    await lake.stop();
  }
} finally {
  await proxy.close();
  await stopProcess(theirs, 'emulator');
  rmSync(theirs.root, { recursive: true, force: true });
}
process.stderr.write(`datasets: ${datasets.map(({ name }) => name).join(', ')}\n`);
process.exit(0);
