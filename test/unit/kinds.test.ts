import { describe, expect, test } from 'vitest';
import { type CheckedSource, isChecked } from '../../contracts/index.js';
import { datasets, findCheckedSource } from '../../datasets/index.js';
import { readerOf } from '../../datasets/readers.js';
import type { IngestDeps } from '../../lambdas/ingest/deps.js';
import { kindOf } from '../../lambdas/ingest/kinds/index.js';
import { Crash, type Fuse, fakeDeps, run, World } from '../support/ingest-fakes.js';

const HOUR = 3_600_000;
const TRUSTING = { minEntries: 0, maxBytes: 1_000_000, maxShrink: 1, maxGrowth: 1_000, maxChange: 1, minValid: 0 };
const document = (...entries: readonly (readonly [id: number, notes: string])[]) =>
  JSON.stringify({ vulnerabilities: entries.map(([id, notes]) => ({ cveID: `CVE-1900-${10_000 + id}`, product: 'P', notes })) });
const csv = (...rows: readonly (readonly [host: string, tags: string])[]) =>
  `# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n${rows.map(([host, tags]) => `"1","2026-01-31 12:00:05","http://${host}/x","online","","malware_download","${tags}","l","r"\n`).join('')}`;

/** How a kind is brought from one state to the next; what stands before and after, as `name: what it says`. */
interface Case {
  readonly source: string;
  readonly changes?: Partial<CheckedSource>;
  readonly steps: readonly { readonly body?: string; readonly event?: object }[];
  readonly stands: (record: Readonly<Record<string, unknown>>) => string;
  readonly after: readonly string[];
}

const CASES: Readonly<Record<CheckedSource['kind'], Case>> = {
  list: {
    source: 'urlhaus_csv',
    steps: [{ body: csv(['a.example', 'elf'], ['b.example', 'elf']) }, { body: csv(['b.example', 'elf,mirai'], ['c.example', 'elf']) }],
    stands: ({ name, tags }) => `${name}: ${(tags as string[]).join(' ')}`,
    after: ['b.example: elf malware_download mirai', 'c.example: elf malware_download'],
  },
  document: {
    source: 'cisa_kev',
    steps: [{ body: document([1, 'x'], [2, 'x']) }, { body: document([2, 'y'], [3, 'x']) }],
    stands: ({ cve_id, notes }) => `${cve_id}: ${notes}`,
    after: ['CVE-1900-10002: y', 'CVE-1900-10003: x'],
  },
  operator: {
    source: 'operator',
    steps: [
      { event: { event: 'edit', edit: { verdict: 'deny', domain: 'a.example', reason: 'x' } } },
      { event: { event: 'edit', edit: { verdict: 'deny', domain: 'a.example', reason: 'y' } } },
    ],
    stands: ({ name, reason }) => `${name}: ${reason}`,
    after: ['a.example: y'],
  },
};

function depsOf(world: World, name: string, fuse?: Fuse): IngestDeps {
  const { dataset, source } = findCheckedSource(name);
  return { ...fakeDeps(world, fuse), dataset, reader: readerOf(dataset.name), source: { ...source, bounds: TRUSTING } as CheckedSource };
}

async function take(world: World, { source, steps }: Case, step: number, fuse?: Fuse) {
  const { body = '', event = {} } = steps[step] ?? {};
  world.body = body;
  world.etag = null;
  world.now += HOUR;
  return run({ source, ...event }, depsOf(world, source, fuse));
}

/** What stands by all that was sent, each key's newest word. */
function standing(world: World, { source, stands }: Case): string[] {
  const { dataset } = findCheckedSource(source);
  const key = dataset.record.key.filter((field) => field !== 'sequence');
  const newest = new Map<string, Record<string, unknown>>();
  for (const record of world.sent(dataset.name)) {
    const of = JSON.stringify(key.map((field) => record[field]));
    if (Number(record.sequence) >= Number(newest.get(of)?.sequence ?? -Infinity)) newest.set(of, record);
  }
  return [...newest.values()].flatMap((record) => (record.event === 'delisted' || record.event === 'gone' ? [] : [stands(record)])).sort();
}

describe.each(Object.entries(CASES))('a source of kind %s', (kind, given) => {
  test('is one of a dataset, and has its three functions', () => {
    const { source } = findCheckedSource(given.source);
    expect(source.kind).toBe(kind);
    expect(Object.keys(kindOf(source)).sort()).toEqual(['changes', 'gather', 'rows']);
  });

  test('is published by difference, content and all', async () => {
    const world = new World();
    await take(world, given, 0);
    const second = await take(world, given, 1);
    expect(second).toMatchObject({ outcome: 'changed', changed: 1 });
    expect(second.produced).toBe((second.added ?? 0) + (second.changed ?? 0) + (second.gone ?? 0));
    expect(standing(world, given)).toEqual(given.after);
  });

  test('that is killed between any two steps of a run loses nothing, and repeats only what it said', async () => {
    const seen: string[] = [];
    const whole = new World();
    await take(whole, given, 0);
    await take(whole, given, 1, (step) => void seen.push(step));
    expect(seen.length).toBeGreaterThan(12);
    for (const [at, step] of seen.entries()) {
      const world = new World();
      await take(world, given, 0);
      let n = 0;
      const dies: Fuse = () => {
        if (n++ === at) throw new Crash(`at ${step}`);
      };
      await expect(take(world, given, 1, dies), step).rejects.toThrow(Crash);
      const again = await take(world, given, 1);
      expect(again.outcome, step).toMatch(/^(changed|unchanged)$/);
      expect(standing(world, given), step).toEqual(given.after);
      // Whatever was sent twice has the same key and the same words.
      const byKey = new Map<string, string>();
      const { dataset } = findCheckedSource(given.source);
      for (const { observed_at: _, ...record } of world.sent(dataset.name)) {
        const key = JSON.stringify(dataset.record.key.map((field) => record[field]));
        const said = JSON.stringify(record);
        expect(byKey.get(key) ?? said, step).toBe(said);
        byKey.set(key, said);
      }
    }
  });

  test('gives the records of a set of changes the same each time it is asked', async () => {
    const world = new World();
    await take(world, given, 0);
    await take(world, given, 1);
    const deps = depsOf(world, given.source);
    const current = await deps.state.current(given.source);
    const rows = async (what: 'difference' | 'whole') => {
      const all: unknown[] = [];
      for await (const row of kindOf(deps.source).rows(current ?? { key: '', sequence: 0 }, what, deps.reader, { deps })) all.push(deps.reader.record(deps.source, row));
      return all;
    };
    expect(await rows('difference')).toEqual(await rows('difference'));
    expect(await rows('whole')).toEqual(await rows('whole'));
    expect((await rows('whole')).length).toBeGreaterThanOrEqual((await rows('difference')).length);
  });

  test('is reparsed from its kept body, and says that nothing changed', async () => {
    const world = new World();
    await take(world, given, 0);
    world.now += HOUR;
    expect(await run({ event: 'reparse', source: given.source }, depsOf(world, given.source))).toMatchObject({ outcome: 'unchanged', added: 0, changed: 0, gone: 0 });
  });
});

test('every kind that a dataset’s source is of has a case here', () =>
  expect(new Set(datasets.flatMap(({ sources }) => sources.filter(isChecked).map(({ kind }) => kind)))).toEqual(new Set(Object.keys(CASES))));
