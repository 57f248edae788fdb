/**
 * bench/recovery: a driver is killed; from StartJobRun to its next commit (the JVM's start included), as a reader of
 * Bronze's log sees it. Records wait all the while, so that there is something to commit at once.
 *
 *   node --import tsx bench/recovery.ts [--kills 10] [--layout combined]
 *
 * Starts a lake of its own and stops it. Goal: p95 at most 15 s on two cores.
 */
import { parseArgs } from 'node:util';
import { DeltaTable } from '../bin/lake/delta.js';
import { locationOf } from '../bin/lake/tables.js';
import { kafkaProducer } from '../lambdas/shared/kafka.js';
import { sleep, until } from '../localstack/process.js';
import { Lake } from '../test/support/lake.js';
import { loadRecord } from './load.js';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '10' }, layout: { type: 'string', default: 'combined' } } });
const kills = Number(values.kills);
const RECORDS = 50;
const TIMEOUT_MS = 120_000;

const lake = await Lake.start({ generated: true, deployEnv: { SLUICE_LAYOUT: values.layout } });
try {
  const job = values.layout === 'separate' ? 'bronze' : 'combined';
  const producer = kafkaProducer({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, auth: 'none', region: 'us-east-1' });
  const table = { layer: 'bronze', name: 'harmful_domains' } as const;
  const version = async () => (await DeltaTable.open(lake.target.s3, await locationOf(table, lake.target))).latest;
  await until(async () => (await version().catch(() => null)) !== null, { timeoutMs: TIMEOUT_MS, everyMs: 500, describe: () => 'Bronze was not made' });
  const seconds: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await sleep(5_000);
    await lake.kill(job);
    await producer.send(
      'harmful_domains',
      Array.from({ length: RECORDS }, (_, i) => loadRecord(kill * RECORDS + i, 1_000, new Date())),
    );
    const before = await version();
    const began = Date.now();
    await lake.watchdog();
    await until(async () => (await version()) > before, { timeoutMs: TIMEOUT_MS, everyMs: 50, describe: () => 'no commit came' });
    seconds.push((Date.now() - began) / 1000);
    process.stderr.write(`  kill ${kill + 1}: ${seconds.at(-1)?.toFixed(1)} s\n`);
  }
  await producer.close();
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)]?.toFixed(1);
  process.stdout.write(`${kills} kills of ${job}: from StartJobRun to the next Bronze commit p50 ${at(50)} s, p95 ${at(95)} s (goal 15)\n`);
} finally {
  await lake.stop();
}
