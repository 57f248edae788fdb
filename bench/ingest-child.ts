/** What bench/ingest measures, each in a process of its own, bundled as the function is. Prints one JSON line. */
import { createReadStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { findDataset, findSource } from '../datasets/index.js';
import { readerOf } from '../datasets/readers.js';
import { check } from '../lambdas/ingest/check.js';
import { parseEvent } from '../lambdas/ingest/event.js';
import { httpFetch } from '../lambdas/ingest/http/fetch.js';
import type { SourceState, SourceStateStore } from '../lambdas/ingest/state/state.js';
import { kafkaProducer } from '../lambdas/shared/kafka.js';

const [, , what = '', url = '', broker = '', folder = '', most = ''] = process.argv;
const began = performance.now();

/** State in memory and objects as files: what S3 and DynamoDB would hold is not this process's memory. */
function localStores() {
  let state: SourceState = { current: null, pending: null, wholeAt: null, notBefore: null, paused: false };
  const set = (change: Partial<SourceState>) => {
    state = { ...state, ...change };
    return Promise.resolve();
  };
  const store: SourceStateStore = {
    acquire: async () => state,
    current: async () => null,
    renew: async () => undefined,
    setPending: (_source, _run, pending) => set({ pending }),
    promote: (_source, _run, current) => set({ current, pending: null }),
    setWholeAt: (_source, _run, wholeAt) => set({ wholeAt }),
    setNotBefore: (_source, _run, notBefore) => set({ notBefore }),
    setChecked: async () => undefined,
    release: async () => undefined,
  };
  const path = (key: string) => join(folder, 'objects', key);
  const landing = {
    put: async (key: string, file: string) => {
      await mkdir(dirname(path(key)), { recursive: true });
      await copyFile(file, path(key));
    },
    get: async (key: string) => createReadStream(path(key)),
  };
  const published = { of: async () => [], put: async () => undefined, change: async () => undefined, remove: async () => undefined };
  return { state: store, landing, published };
}

async function ours(): Promise<Record<string, unknown>> {
  const { dataset, source } = findSource('stevenblack');
  const producer = kafkaProducer({ bootstrapServers: broker, auth: 'none', region: 'us-east-1' });
  const deps = {
    ...localStores(),
    dataset,
    reader: readerOf(dataset.name),
    source: { ...source, bounds: { ...source.bounds, maxBytes: 512 * 1024 * 1024 } },
    checks: findDataset('source_checks'),
    operations: findDataset('operations'),
    target: async () => ({ url, headers: {}, secrets: [], minIntervalMs: 0 }),
    clock: () => new Date(),
    newId: () => 'bench',
    fetch: httpFetch({ allowPrivate: true }),
    producer,
    temporaryFolder: folder,
    personalSecret: () => 'none',
  };
  const first = await check(parseEvent({ event: 'check', source: 'stevenblack' }), deps);
  const seconds = (performance.now() - began) / 1000;
  // The second check, of a list that has changed, walks the whole last snapshot beside it.
  const second = await check(parseEvent({ event: 'check', source: 'stevenblack' }), {
    ...deps,
    target: async () => ({ url: `${url}_next`, headers: {}, secrets: [], minIntervalMs: 0 }),
  });
  await producer.close();
  if (first.outcome !== 'changed' || second.outcome !== 'changed') throw new Error(`the benchmark's list was not published: ${first.reason ?? second.reason}`);
  return { sent: first.produced, seconds, perSecond: Math.round(first.produced / seconds), entries: first.read, secondListed: second.added, secondDelisted: second.gone };
}

/** The kind of program people write first: fetch the text, split it, await one send per name. */
async function peer(): Promise<Record<string, unknown>> {
  const producer = new Kafka({ clientId: 'peer', brokers: [broker], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  const text = await (await fetch(url)).text();
  let sent = 0;
  for (const line of text.split('\n')) {
    const [, name] = line.trim().split(/\s+/);
    if (!line.startsWith('0.0.0.0') || !name) continue;
    await producer.send({
      topic: 'harmful_domains',
      acks: -1,
      compression: CompressionTypes.None,
      messages: [{ key: name, value: JSON.stringify({ domain: name, timestamp: new Date().toISOString() }) }],
    });
    if (++sent >= Number(most)) break;
  }
  const seconds = (performance.now() - began) / 1000;
  await producer.disconnect();
  return { sent, seconds, perSecond: Math.round(sent / seconds) };
}

const result = what === 'ours' ? await ours() : await peer();
console.log(JSON.stringify({ ...result, residentMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
