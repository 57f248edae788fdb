import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import type { ListSource } from '../../contracts/index.js';
import { findDataset, findSource } from '../../datasets/index.js';
import { readerOf } from '../../datasets/readers.js';
import { check } from '../../lambdas/ingest/check.js';
import type { IngestDeps } from '../../lambdas/ingest/deps.js';
import { parseEvent } from '../../lambdas/ingest/event.js';
import type { FetchResult } from '../../lambdas/ingest/http/fetch.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import { type Checkpoint, type LastCheck, LeaseLostError, type SourceState, type SourceStateStore } from '../../lambdas/ingest/state/state.js';
import type { OutgoingRecord } from '../../lambdas/shared/producer.js';
import type { Published, PublishedRuns } from '../../lambdas/shared/published.js';

/** What survives a crash: the state table, the landing bucket, Kafka, the clock. */
export class World {
  readonly objects = new Map<string, Buffer>();
  readonly topics = new Map<string, OutgoingRecord[]>();
  readonly items = new Map<string, { state: SourceState; owner: string | null; until: number }>();
  readonly checked = new Map<string, LastCheck>();
  readonly published = new Map<string, Map<string, Published>>();
  body: string | null = '';
  etag: string | null = null;
  status = 200;
  now = Date.parse('2026-11-01T00:00:00Z');
  runs = 0;

  sent(topic: string): Record<string, unknown>[] {
    return (this.topics.get(topic) ?? []).map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
  }
}

/** A process died: nothing it would have done after this happens. */
export class Crash extends Error {}

/** What runs have sent, as the state table remembers it. */
export function publishedOf(world: Pick<World, 'published'>, effect: <T>(step: string, action: () => T) => Promise<T>): PublishedRuns {
  const of = (source: string): Map<string, Published> => {
    const runs = world.published.get(source) ?? new Map<string, Published>();
    world.published.set(source, runs);
    return runs;
  };
  return {
    of: async (source) => [...of(source).values()],
    put: (source, each) => effect('put published', () => void of(source).set(each.runId, each)),
    change: async (source, each) => void (of(source).has(each.runId) && of(source).set(each.runId, each)),
    remove: async (source, runIds) => {
      for (const id of runIds) of(source).delete(id);
    },
  };
}

/** One run of the ingest function, asked as it is asked in the lake. */
export const run = async (request: object, deps: IngestDeps): Promise<SourceCheck> => check(parseEvent(request), deps);

/** Called before and after each effect; throws {@link Crash} where a test wants the process to die. */
export type Fuse = (step: string) => void;

export function fakeDeps(world: World, fuse: Fuse = () => undefined): IngestDeps & { readonly source: ListSource } {
  const { dataset, source } = findSource('stevenblack');
  if (source.kind !== 'list') throw new Error('not a list');
  let dead = false;
  const effect = async <T>(step: string, action: () => Promise<T> | T): Promise<T> => {
    const burn = (at: string) => {
      if (dead) throw new Crash('already dead');
      try {
        fuse(at);
      } catch (error) {
        dead = true;
        throw error;
      }
    };
    burn(`before ${step}`);
    const result = await action();
    burn(`after ${step}`);
    return result;
  };
  const item = (name: string) => {
    const found = world.items.get(name) ?? { state: { current: null, pending: null, wholeAt: null, notBefore: null, paused: false }, owner: null, until: 0 };
    world.items.set(name, found);
    return found;
  };
  const asHolder = (name: string, runId: string) => {
    const held = item(name);
    if (held.owner !== runId) throw new LeaseLostError(`run ${runId} lost ${name}`);
    return held;
  };
  const state: SourceStateStore = {
    acquire: (name, runId, now, leaseMs) =>
      effect('acquire', () => {
        const held = item(name);
        if (held.owner !== null && held.owner !== runId && held.until >= now) return null;
        held.owner = runId;
        held.until = now + leaseMs;
        return held.state;
      }),
    current: async (name) => world.items.get(name)?.state.current ?? null,
    renew: (name, runId, now, leaseMs) =>
      effect('renew', () => {
        asHolder(name, runId).until = now + leaseMs;
      }),
    setPending: (name, runId, pending: Checkpoint) =>
      effect('setPending', () => {
        const held = asHolder(name, runId);
        held.state = { ...held.state, pending };
      }),
    promote: (name, runId, pending: Checkpoint) =>
      effect('promote', () => {
        const held = asHolder(name, runId);
        held.state = { ...held.state, current: pending, pending: null };
      }),
    setWholeAt: (name, runId, wholeAt) =>
      effect('setWholeAt', () => {
        const held = asHolder(name, runId);
        held.state = { ...held.state, wholeAt };
      }),
    setNotBefore: (name, runId, notBefore) =>
      effect('setNotBefore', () => {
        const held = asHolder(name, runId);
        held.state = { ...held.state, notBefore };
      }),
    setChecked: (name, runId, check) =>
      effect('setChecked', () => {
        asHolder(name, runId);
        world.checked.set(name, check);
      }),
    release: (name, runId) =>
      effect('release', () => {
        asHolder(name, runId).owner = null;
      }),
  };
  return {
    dataset,
    source: { ...source, bounds: { ...source.bounds, maxShrink: 1 } },
    reader: readerOf(dataset.name),
    checks: findDataset('source_checks'),
    operations: findDataset('operations'),
    target: async () => ({ url: 'http://feeds/stevenblack', headers: {}, secrets: [], minIntervalMs: 0 }),
    clock: () => new Date(world.now),
    newId: () => `run-${++world.runs}`,
    state,
    published: publishedOf(world, effect),
    landing: {
      put: (key, file) =>
        effect(`put ${key.split('/')[0]}`, async () => {
          if (!world.objects.has(key)) world.objects.set(key, await readFile(file));
        }),
      get: async (key) => {
        const found = world.objects.get(key);
        if (!found) throw new Error(`no object ${key}`);
        return (async function* () {
          yield found;
        })();
      },
    },
    fetch: (request) =>
      effect('fetch', async (): Promise<FetchResult> => {
        if (world.body === null) return { kind: 'failed', status: world.status, reason: `status ${world.status}` };
        if (world.etag !== null && request.etag === world.etag) return { kind: 'notModified', status: 304 };
        await writeFile(request.file, gzipSync(world.body));
        return { kind: 'body', status: 200, sha256: createHash('sha256').update(world.body).digest('hex'), bytes: world.body.length, etag: world.etag, lastModified: null };
      }),
    producer: {
      send: (topic, records) =>
        effect(`send ${topic}`, () => {
          world.topics.set(topic, [...(world.topics.get(topic) ?? []), ...records]);
        }),
      close: async () => undefined,
    },
    temporaryFolder: tmpdir(),
    personalSecret: () => 'secret',
  };
}

export const hostsOf = (names: readonly string[]): string => `# list\n${names.map((name) => `0.0.0.0 ${name}`).join('\n')}\n`;

/** What Gold would hold: per name, the event of the highest sequence. */
export function foldActive(records: readonly Record<string, unknown>[]): string[] {
  const newest = new Map<string, Record<string, unknown>>();
  for (const record of records) {
    const known = newest.get(record.name as string);
    if (!known || Number(record.sequence) > Number(known.sequence)) newest.set(record.name as string, record);
  }
  return [...newest.values()]
    .filter(({ event }) => event === 'listed')
    .map(({ name }) => name as string)
    .sort();
}

/** A check of the stevenblack list with these names as its body; null: nobody answers. */
export async function checkList(world: World, names: readonly string[] | null, event: { whole?: boolean; dryRun?: boolean } = {}): Promise<SourceCheck> {
  world.body = names === null ? null : hostsOf(names);
  return run({ source: 'stevenblack', ...event }, fakeDeps(world));
}
