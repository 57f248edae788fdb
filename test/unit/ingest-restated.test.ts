import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../support/ingest-fakes.js';

const HOUR = 3_600_000;

describe('what a list says of a name that stays', () => {
  const csvOf = (rows: readonly (readonly [host: string, tags: string, threat?: string])[]) =>
    `# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n${rows.map(([host, tags, threat = 'malware_download'], i) => `"${i}","2026-01-31 12:00:05","http://${host}/x","online","","${threat}","${tags}","l","r"\n`).join('')}`;
  const read = (world: World, rows: Parameters<typeof csvOf>[0], event: object = {}) => {
    world.body = csvOf(rows);
    world.now += HOUR;
    const deps = fakeDeps(world);
    return run({ source: 'stevenblack', ...event }, { ...deps, source: { ...deps.source, format: 'urlhaus_csv' } });
  };
  const said = (world: World) =>
    world
      .sent('harmful_domains')
      .map(({ name, event, restated, sequence, tags, category, category_before }) => ({ name, event, restated, sequence, tags, category, category_before }));

  test('is said anew where it is another, once, and no row is where only its place is', async () => {
    const world = new World();
    await read(world, [
      ['a.example', 'elf'],
      ['b.example', 'elf'],
    ]);
    const moved = await read(world, [
      ['new.example', 'elf'],
      ['b.example', 'elf,mirai'],
      ['a.example', 'elf'],
    ]);
    expect(moved).toMatchObject({ outcome: 'changed', added: 1, changed: 1, gone: 0, produced: 2, sequence: 2 });
    expect(said(world).slice(2)).toMatchObject([
      { name: 'b.example', event: 'listed', restated: true, sequence: 2, tags: ['elf', 'malware_download', 'mirai'] },
      { name: 'new.example', event: 'listed', restated: false, sequence: 2 },
    ]);
    const before = said(world).length;
    world.now += 25 * HOUR;
    await read(world, [
      ['new.example', 'elf'],
      ['b.example', 'elf,mirai'],
      ['a.example', 'elf'],
    ]);
    // The daily whole publication repeats the new words, with the sequence that they had.
    expect(said(world).slice(before)).toContainEqual(said(world)[2]);
  });

  test('tells the category that a name leaves, and goes on telling it until the next change', async () => {
    const world = new World();
    await read(world, [['a.example', 'elf']]);
    await read(world, [['a.example', 'elf', 'botnet_cc']]);
    const [first, second] = said(world);
    expect(first).toMatchObject({ category: 'malware', category_before: null });
    expect(second).toMatchObject({ category: 'botnet', category_before: 'malware', restated: true });
    world.body = null;
    const again = await read(world, [['a.example', 'elf', 'botnet_cc']], { whole: true });
    expect(again).toMatchObject({ outcome: 'unchanged', whole: true });
    expect(said(world).at(-1)).toEqual(second);
  });

  test('is no news where an earlier build wrote it by other names, and stays readable', async () => {
    const world = new World();
    await read(world, [['a.example', 'elf']]);
    const [key = ''] = [...world.objects.keys()].filter((each) => each.startsWith('snapshots/'));
    const former = gunzipSync(world.objects.get(key) as Buffer)
      .toString('utf8')
      .replace('\tadded\t', '\tlisted\t')
      .replace('"listed_at"', '"listedAt"');
    expect(former).toContain('"listedAt"');
    world.objects.set(key, gzipSync(former));
    expect(
      await read(world, [
        ['a.example', 'elf'],
        ['b.example', 'elf'],
      ]),
    ).toMatchObject({ added: 1, changed: 0, gone: 0 });
    world.body = null;
    const whole = await read(
      world,
      [
        ['a.example', 'elf'],
        ['b.example', 'elf'],
      ],
      { whole: true },
    );
    expect(whole.produced).toBe(2);
    expect(world.sent('harmful_domains').at(-2)).toMatchObject({ name: 'a.example', restated: false, listed_at: '2026-01-31T12:00:05.000Z' });
  });
});
