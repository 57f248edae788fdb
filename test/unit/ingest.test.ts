import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../lambdas/ingest/event.js';
import { Crash, checkList, fakeDeps, foldActive, hostsOf, run, World } from '../support/ingest-fakes.js';

const HOUR = 3_600_000;

describe('a check of a source', () => {
  test('publishes a new list whole, with its counts and a source_checks record', async () => {
    const world = new World();
    const result = await checkList(world, ['a.example', 'b.example', '203.0.113.9', 'single', '0.0.0.0']);
    expect(result).toMatchObject({ outcome: 'changed', entries: 3, domains: 2, ips: 1, rejects: 1, ignored: 1, listed: 3, delisted: 0, produced: 3, sequence: 1, whole: true });
    expect(result.reject_samples).toEqual(['5: single label: single']);
    expect(world.sent('harmful_domains').map(({ name, event, sequence, line }) => [name, event, sequence, line])).toEqual([
      ['a.example', 'listed', 1, 2],
      ['b.example', 'listed', 1, 3],
      ['203.0.113.9', 'listed', 1, 4],
    ]);
    expect(world.sent('source_checks')).toEqual([JSON.parse(JSON.stringify(result))]);
  });

  test('accounts for every line and every name', async () => {
    const result = await checkList(new World(), ['a.example', 'a.example', 'single', '0.0.0.0']);
    const { lines, comments, boilerplate, entries, duplicates, rejects, ignored } = result;
    expect(lines).toBe((comments ?? 0) + (boilerplate ?? 0) + 4);
    expect((entries ?? 0) + (duplicates ?? 0) + (rejects ?? 0) + (ignored ?? 0)).toBe(4);
  });

  test('sends only the difference to the last list, with the next sequence', async () => {
    const world = new World();
    await checkList(world, ['a.example', 'b.example']);
    world.now += HOUR;
    const result = await checkList(world, ['b.example', 'c.example']);
    expect(result).toMatchObject({ outcome: 'changed', listed: 1, delisted: 1, produced: 2, sequence: 2 });
    expect(world.sent('harmful_domains').slice(2)).toMatchObject([
      { name: 'a.example', event: 'delisted', sequence: 2, line: null },
      { name: 'c.example', event: 'listed', sequence: 2, line: 3 },
    ]);
  });

  test('sends nothing for the same bytes or a 304, but records the check', async () => {
    const world = new World();
    await checkList(world, ['a.example']);
    expect((await checkList(world, ['a.example'])).outcome).toBe('unchanged');
    world.etag = '"1"';
    await checkList(world, ['a.example', 'b.example']);
    expect((await checkList(world, ['a.example', 'b.example'])).outcome).toBe('not_modified');
    expect(world.sent('harmful_domains')).toHaveLength(2);
    expect(world.sent('source_checks')).toHaveLength(4);
  });

  test('that was killed while it first sent is sent once more, and not twice', async () => {
    const world = new World();
    world.body = hostsOf(['a.example', 'b.example']);
    const dies = (at: string) => {
      if (at === 'after send harmful_domains') throw new Crash(at);
    };
    await expect(run({ source: 'stevenblack' }, fakeDeps(world, dies))).rejects.toThrow(Crash);
    world.now += HOUR;
    world.etag = null;
    const result = await run({ source: 'stevenblack' }, fakeDeps(world));
    expect(result).toMatchObject({ outcome: 'unchanged', produced: 2, sequence: 1, whole: true });
  });

  test('once a day publishes the whole list with the sequences its records first had, tombstones included', async () => {
    const world = new World();
    await checkList(world, ['a.example', 'b.example']);
    world.now += HOUR;
    await checkList(world, ['b.example', 'c.example']);
    const first = world.sent('harmful_domains');
    world.now += 24 * HOUR;
    const result = await checkList(world, ['b.example', 'c.example']);
    expect(result).toMatchObject({ outcome: 'unchanged', whole: true, produced: 3 });
    const again = world.sent('harmful_domains').slice(first.length);
    // `a` was listed by sequence 1 and delisted by sequence 2: only its last word is repeated.
    for (const record of again) expect(first).toContainEqual(record);
    expect(again.map(({ name, event }) => [name, event])).toEqual([
      ['a.example', 'delisted'],
      ['b.example', 'listed'],
      ['c.example', 'listed'],
    ]);
  });

  test('forgets a delisting after thirty days', async () => {
    const world = new World();
    await checkList(world, ['a.example', 'b.example']);
    await checkList(world, ['b.example']);
    world.now += 31 * 24 * HOUR;
    await checkList(world, ['b.example', 'c.example']);
    const before = world.sent('harmful_domains').length;
    await checkList(world, ['b.example', 'c.example'], { whole: true });
    expect(
      world
        .sent('harmful_domains')
        .slice(before)
        .map(({ name }) => name),
    ).toEqual(['b.example', 'c.example']);
  });

  test('keeps the last good list when the fetch fails, and says why', async () => {
    const world = new World();
    await checkList(world, ['a.example']);
    world.status = 503;
    expect(await checkList(world, null)).toMatchObject({ outcome: 'failed', reason: 'status 503', http_status: 503, sequence: 1 });
    expect(foldActive(world.sent('harmful_domains'))).toEqual(['a.example']);
  });

  test('refuses a list with too few entries and keeps its body aside', async () => {
    const world = new World();
    await checkList(world, ['a.example']);
    const result = await checkList(world, []);
    expect(result).toMatchObject({ outcome: 'refused', reason: '0 entries, the contract asks for 1 at least', sequence: 1 });
    expect([...world.objects.keys()].filter((key) => key.startsWith('refused/'))).toHaveLength(1);
  });

  test('refuses a list that shrank beyond the contract', async () => {
    const world = new World();
    const deps = fakeDeps(world);
    const strict = { ...deps, source: { ...deps.source, bounds: { ...deps.source.bounds, maxShrink: 0.5 } } };
    world.body = hostsOf(['a.example', 'b.example', 'c.example']);
    await run({ source: 'stevenblack' }, strict);
    world.body = hostsOf(['a.example']);
    expect(await run({ source: 'stevenblack' }, strict)).toMatchObject({ outcome: 'refused', reason: '2 of 3 entries would go, the contract allows 50 %' });
  });

  test.each([
    ['HTML with status 200', '\n<!DOCTYPE html><html><body>0.0.0.0 a.example</body></html>', 'the body is HTML'],
    ['an empty body', '', 'the body is empty'],
    ['UTF-16', '\xff\xfe0\x00', 'the body is UTF-16, lists are UTF-8'],
    ['another format', '||a.example^\n||b.example^\n0.0.0.0 c.example\n', '1 of 3 rows are hosts, the contract asks for 50 %: has the list changed its format?'],
    ['a list that grew tenfold', hostsOf(Array.from({ length: 10 }, (_, i) => `n${i}.example`)), '9 entries would come to 1, the contract allows 5 times as many'],
  ])('refuses %s, keeps the last good list and the body, and accepts that body once it is released', async (_what, body, reason) => {
    const world = new World();
    await checkList(world, ['n0.example']);
    const deps = fakeDeps(world);
    const raw = {
      ...deps,
      fetch: async ({ file }: { file: string }) => {
        const bytes = Buffer.from(body, 'latin1');
        await writeFile(file, gzipSync(bytes));
        return { kind: 'body' as const, status: 200, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, etag: null, lastModified: null };
      },
    };
    const refused = await run({ source: 'stevenblack' }, raw);
    expect(refused).toMatchObject({ outcome: 'refused', reason, sequence: 1 });
    expect(world.checked.get('stevenblack')).toMatchObject({ outcome: 'refused', reason, refused: refused.body_sha256 });
    expect(foldActive(world.sent('harmful_domains'))).toEqual(['n0.example']);
    const released = await run({ event: 'release', source: 'stevenblack', sha256: refused.body_sha256 ?? '' }, fakeDeps(world));
    expect(released).toMatchObject({ outcome: 'changed', sequence: 2, body_sha256: refused.body_sha256 });
    // The same body fetched again is the current one now, not a suspect.
    expect((await run({ source: 'stevenblack' }, raw)).outcome).toBe('unchanged');
  });

  test('releases only what was refused', async () => {
    const world = new World();
    await expect(run({ event: 'release', source: 'stevenblack', sha256: '../../bodies/x' }, fakeDeps(world))).rejects.toThrow(/sha256: no sha256/);
    await expect(run({ event: 'release', source: 'stevenblack', sha256: 'a'.repeat(64) }, fakeDeps(world))).rejects.toThrow(/no object refused/);
    expect(world.topics.size).toBe(0);
  });

  test('refuses a list whose last line counts more entries than it holds', async () => {
    const world = new World();
    const deps = fakeDeps(world);
    const csv = { ...deps, source: { ...deps.source, format: 'urlhaus_csv' as const } };
    world.body = '# id,dateadded,url\n"1","2026-01-31 12:00:05","http://bad.example/x","online","","malware","elf","l","r"\n# Number of entries: 2\n';
    expect(await run({ source: 'stevenblack' }, csv)).toMatchObject({ outcome: 'refused', reason: 'its last line claims 2 entries, it holds 1: the body was cut or changed' });
    world.body = world.body.replace('entries: 2', 'entries: 1');
    expect(await run({ source: 'stevenblack' }, csv)).toMatchObject({ outcome: 'changed', entries: 1 });
    expect(world.sent('harmful_domains')).toMatchObject([
      { name: 'bad.example', action: 'block', listed_at: '2026-01-31T12:00:05.000Z', tags: ['elf', 'malware'], category: 'unified' },
    ]);
  });

  test('sends exceptions as entries to allow, and URLs as they are', async () => {
    const world = new World();
    const deps = fakeDeps(world);
    world.body = '||a.example^$third-party\n@@||a.example^\n||github.io^\n';
    world.body += '||b.example^$third-party\n@@||c.b.example^|\n@@||d.b.example^$popup\n||e.example^\n||e.example^$badfilter\n';
    const check = await run({ source: 'stevenblack' }, { ...deps, source: { ...deps.source, format: 'adblock' } });
    // What the list itself frees or switches off is no entry of it.
    expect(check).toMatchObject({
      outcome: 'changed',
      entries: 2,
      allowed: 2,
      domains: 2,
      narrowed: 1,
      cancelled: 2,
      duplicates: 0,
      rejects: 1,
      exceptions_refused: 1,
      ignored: 1,
    });
    expect(world.sent('harmful_domains').map(({ name, scope, action, options }) => [name, scope, action, options])).toEqual([
      ['a.example', 'subtree', 'allow', null],
      ['b.example', 'subtree', 'block', 'third-party'],
      ['c.b.example', 'subtree', 'allow', null],
      ['github.io', 'exact', 'block', null],
    ]);
    world.body = 'https://github.com/u/r/x.exe\n';
    const urls = await run({ source: 'stevenblack' }, { ...fakeDeps(world), source: { ...deps.source, format: 'urls' } });
    expect(urls).toMatchObject({ entries: 1, urls: 1, domains: 0, delisted: 4 });
    expect(world.sent('harmful_domains').at(-1)).toMatchObject({ entry_type: 'url', name: 'https://github.com/u/r/x.exe', event: 'listed', sequence: 2 });
  });

  test('counts rows that the list itself cancels as rows of the format', async () => {
    const world = new World();
    const deps = fakeDeps(world);
    // Of seven rows one is refused: the others are of the format, though the list takes four of them back.
    world.body = '||a.example^\n||b.example^\n||c.example^\n@@||c.b.example^$badfilter\n||b.example^$badfilter\n@@||c.example^\n/path\n';
    const strict = { ...deps, source: { ...deps.source, format: 'adblock' as const, bounds: { ...deps.source.bounds, minValid: 0.8 } } };
    expect(await run({ source: 'stevenblack' }, strict)).toMatchObject({ outcome: 'changed', entries: 1, allowed: 1, cancelled: 2, ignored: 2, rejects: 1 });
  });

  test('a second run of the same source is skipped while the first holds the lease', async () => {
    const world = new World();
    world.items.set('stevenblack', { state: { current: null, pending: null, wholeAt: null, notBefore: null, paused: false }, owner: 'other', until: world.now + 1 });
    expect(await checkList(world, ['a.example'])).toMatchObject({ outcome: 'skipped', produced: 0 });
    world.now += 2;
    expect((await checkList(world, ['a.example'])).outcome).toBe('changed');
  });

  test('a dry run counts the difference, and stores and sends nothing', async () => {
    const world = new World();
    expect(await checkList(world, ['a.example'], { dryRun: true })).toMatchObject({ outcome: 'changed', listed: 1, produced: 0 });
    expect(world.objects.size).toBe(0);
    expect(world.topics.size).toBe(0);
  });

  test('stops writing when its lease was taken over', async () => {
    const world = new World();
    world.body = hostsOf(['a.example']);
    const deps = fakeDeps(world, (step) => {
      const held = world.items.get('stevenblack');
      if (step === 'before setPending' && held) held.owner = 'successor';
    });
    await expect(run({ source: 'stevenblack' }, deps)).rejects.toThrow(/lost/);
    expect(world.topics.size).toBe(0);
  });
});

describe('a run tells of itself', () => {
  test('its steps and times as a record, and what came of it in the state', async () => {
    const world = new World();
    world.body = hostsOf(['a.example']);
    await run({ source: 'stevenblack' }, fakeDeps(world));
    const [record] = world.sent('operations');
    expect(record).toMatchObject({ kind: 'run', subject: 'stevenblack', run_id: 'run-1', source: 'ingest', state: 'ok', summary: 'changed' });
    const details = JSON.parse(record?.details as string) as { outcome: string; produced: number; steps: { name: string; ms: number }[] };
    expect([details.outcome, details.produced, details.steps.map(({ name }) => name)]).toEqual(['changed', 1, ['fetch', 'parse', 'publish']]);
    expect(world.checked.get('stevenblack')).toEqual({ at: world.now, outcome: 'changed', reason: null, goodAt: world.now, refused: null });
    world.now += 3_600_000;
    world.body = null;
    world.status = 503;
    await run({ source: 'stevenblack' }, fakeDeps(world));
    expect(world.sent('operations').at(-1)).toMatchObject({ state: 'failed', summary: 'failed: status 503' });
    expect(world.checked.get('stevenblack')).toMatchObject({ outcome: 'failed', goodAt: null });
  });

  test('a paused source is left alone by its schedule, not by a person', async () => {
    const world = new World();
    world.body = hostsOf(['a.example']);
    const deps = fakeDeps(world);
    const item = await deps.state.acquire('stevenblack', 'x', world.now, 1);
    if (item) world.items.set('stevenblack', { state: { ...item, paused: true }, owner: null, until: 0 });
    expect(await run({ source: 'stevenblack', scheduled: true }, deps)).toMatchObject({ outcome: 'skipped', reason: 'an operator paused the source' });
    expect(world.checked.size).toBe(0);
    expect(await run({ source: 'stevenblack' }, deps)).toMatchObject({ outcome: 'changed' });
  });
});

describe('what the ingest function is asked for', () => {
  test.each([
    [{ event: 'chek', source: 'x' }, /one of check, release, reparse, edit, backfill/],
    [{ source: 'x', release: 'y' }, /Unrecognized key: "release"/],
    [{ event: 'release', source: 'x', sha256: '../y' }, /sha256: no sha256/],
    [{ event: 'backfill', source: 'x', step: { stretch: '2026', at: '2026-10-01T00:00:00Z', sha256: null } }, /step\.stretch: a stretch is/],
    [{ event: 'check' }, /source: /],
    ['check', /one of check/],
  ])('%j is refused, with what is wrong', (event, message) => expect(() => parseEvent(event)).toThrow(message));

  test('is a check where a schedule of before says only the source', () =>
    expect(parseEvent({ source: 'x', scheduled: true })).toEqual({ event: 'check', source: 'x', scheduled: true, whole: false, dryRun: false }));

  test('is an edit of the operators’ own list alone', async () =>
    expect(run({ event: 'edit', source: 'stevenblack', edit: { verdict: 'deny', domain: 'a.example', reason: 'x' } }, fakeDeps(new World()))).rejects.toThrow(
      /stevenblack takes no edits by hand/,
    ));
});
