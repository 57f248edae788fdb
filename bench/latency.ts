/**
 * bench/latency: from a record's acknowledgement by Kafka to the Gold commit that holds it, as a reader beside the
 * pipeline sees it (it polls Gold's Delta log over S3).
 *
 *   node --import tsx bench/latency.ts [--seconds 600] [--warm-up 120] [--rate 200] [--keys 5000] [--layout combined] [--former cd86e88]
 *
 * Starts a lake of its own and stops it. Goal: p50 8 s, p99 12 s; limit 12 s and 20 s, on two cores. With `--former` the build of
 * that commit does the same afterwards, by this very program; goal: 0.6 of its p50 and p99, nothing unseen.
 */
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { localBucket } from '../localstack/identity.js';
import { sleep } from '../localstack/process.js';
import { Lake } from '../test/support/lake.js';
import { loadRecord } from './load.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    'warm-up': { type: 'string', default: '120' },
    rate: { type: 'string', default: '200' },
    keys: { type: 'string', default: '5000' },
    layout: { type: 'string', default: 'combined' },
    former: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const warmUp = Number(values['warm-up']);
const rate = Number(values.rate);
const keys = Number(values.keys);
const PARTITIONS = 3;
const GRACE_MS = 180_000;

interface Sent {
  readonly partition: number;
  readonly lastOffset: number;
  readonly acknowledgedAt: number;
  readonly records: number;
  readonly measured: boolean;
}

const percentile = (sorted: readonly number[], p: number): number => sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? Number.NaN;

interface Result {
  readonly layout: string;
  readonly records: number;
  readonly notSeen: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number | undefined;
}
const GOAL = 0.6;
let own: Result | undefined;

const lake = await Lake.start({
  // As a user's lake has it, not the tests' shortened interval.
  deployEnv: { SLUICE_LAYOUT: values.layout, SLUICE_PERIODIC_SECONDS: '120' },
});
try {
  const producer = new Kafka({ clientId: 'latency', brokers: [`127.0.0.1:${lake.state.ports.kafka}`], logLevel: logLevel.ERROR }).producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const waiting: Sent[] = [];
  const latencies: number[] = [];
  let sending = true;

  const log = `${lake.state.emulatorUrl}/${localBucket('lake')}/gold/harmful_domains/_delta_log`;
  const reader = (async () => {
    const seen = new Array<number>(PARTITIONS).fill(-1);
    let version = 0;
    const deadline = Date.now() + (warmUp + seconds) * 1000 + GRACE_MS;
    while ((sending || waiting.length > 0) && Date.now() < deadline) {
      const response = await fetch(`${log}/${String(version).padStart(20, '0')}.json`);
      if (!response.ok) {
        await response.text();
        await sleep(100);
        continue;
      }
      const visibleAt = Date.now();
      version++;
      const commit = (await response.text())
        .split('\n')
        .map((line) => (line ? (JSON.parse(line) as { commitInfo?: { userMetadata?: string } }) : {}))
        .find(({ commitInfo }) => commitInfo?.userMetadata);
      if (!commit?.commitInfo?.userMetadata) continue;
      const { offsets } = JSON.parse(commit.commitInfo.userMetadata) as { offsets: Record<string, number> };
      for (const [place, offset] of Object.entries(offsets)) seen[Number(place.split('/')[1])] = offset;
      for (let i = waiting.length - 1; i >= 0; i--) {
        const sent = waiting[i];
        if (!sent || sent.lastOffset > (seen[sent.partition] ?? -1)) continue;
        waiting.splice(i, 1);
        if (sent.measured) for (let n = 0; n < sent.records; n++) latencies.push((visibleAt - sent.acknowledgedAt) / 1000);
      }
    }
  })();

  const began = Date.now();
  const perTick = rate / 10;
  let sequence = 0;
  for (let tick = 0; tick < (warmUp + seconds) * 10; tick++) {
    const wait = began + tick * 100 - Date.now();
    if (wait > 0) await sleep(wait);
    const counts = new Array<number>(PARTITIONS).fill(0);
    const now = new Date();
    const messages = Array.from({ length: perTick }, () => {
      const { key, value, headers } = loadRecord(sequence, keys, now);
      const partition = (sequence++ % keys) % PARTITIONS;
      counts[partition] = (counts[partition] ?? 0) + 1;
      return { key, value, headers: { ...headers }, partition };
    });
    const acknowledged = await producer.send({ topic: 'harmful_domains', acks: -1, messages });
    const acknowledgedAt = Date.now();
    for (const { partition, baseOffset } of acknowledged) {
      const records = counts[partition] ?? 0;
      waiting.push({ partition, lastOffset: Number(baseOffset) + records - 1, acknowledgedAt, records, measured: tick >= warmUp * 10 });
    }
  }
  sending = false;
  await reader;
  await producer.disconnect();
  if (latencies.length === 0) throw new Error('Gold held no record of the load: did a Spark job die? Its log is in .sluice/tests; SLUICE_KEEP_TESTS=1 keeps it');
  latencies.sort((a, b) => a - b);
  const lost = waiting.reduce((sum, { records }) => sum + records, 0);
  const result: Result = {
    layout: values.layout,
    records: latencies.length,
    notSeen: lost,
    p50: percentile(latencies, 50),
    p90: percentile(latencies, 90),
    p99: percentile(latencies, 99),
    max: latencies.at(-1),
  };
  own = result;
  console.log(JSON.stringify(result));
  console.log(`p50 ${result.p50.toFixed(1)} s (limit 12, ratio ${(result.p50 / 12).toFixed(2)}), p99 ${result.p99.toFixed(1)} s (limit 20, ratio ${(result.p99 / 20).toFixed(2)})`);
} finally {
  await lake.stop();
}
if (values.former !== undefined && own !== undefined) {
  const { inFormer } = await import('./former.js');
  const args = (['seconds', 'warm-up', 'rate', 'keys', 'layout'] as const).flatMap((name) => [`--${name}`, values[name]]);
  const former = await inFormer<Result>(values.former, 'latency.ts', args);
  console.log(`${values.former}: ${JSON.stringify(former)}`);
  const [p50, p99] = [own.p50 / former.p50, own.p99 / former.p99];
  console.log(`of ${values.former}: p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} (goal ${GOAL}); not seen: ${own.notSeen} here, ${former.notSeen} there`);
}
