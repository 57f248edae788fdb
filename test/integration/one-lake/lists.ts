import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetJobRunsCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPORT_FORMATS, TIERS } from '../../../bin/commands/harmful_domains/export/choice.js';
import type { Manifest } from '../../../bin/commands/harmful_domains/export/manifest.js';
import type { Explanation } from '../../../bin/commands/harmful_domains/why/explanation.js';
import { invokeFunction } from '../../../bin/lake/invoke.js';
import { sourcesOnAt } from '../../../bin/lake/sources.js';
import type { FormatName } from '../../../datasets/harmful_domains/formats/format-names.js';
import { httpSources } from '../../../datasets/index.js';
import { seeded } from '../../../datasets/shared/made-up.js';
import type { ExportLook } from '../../../lambdas/export/start-export.js';
import { localName } from '../../../localstack/identity.js';
import { until } from '../../../localstack/process.js';
import type { Lake } from '../../support/lake.js';
import { Meaning } from '../../support/meaning.js';
import { readList } from '../../support/resolved.js';
import { hasResolver, type ResolverName, RunningResolver, versionOf } from '../../support/resolvers.js';

/** Which of our parsers reads a list back. */
const READERS: Readonly<Partial<Record<(typeof EXPORT_FORMATS)[number], FormatName>>> = {
  hosts: 'hosts',
  plain: 'plain',
  adblock: 'adblock',
  wildcard: 'wildcard',
  dnsmasq: 'dnsmasq',
  unbound: 'unbound',
  rpz: 'rpz',
  csv: 'sluice_csv',
};
/** Formats whose every name stands for itself alone. */
const NAMES_ALONE = new Set(['hosts', 'plain']);
const DENIED_BELOW = 'denied.example.test';
const ALLOWED_INSIDE = `fine.${DENIED_BELOW}`;
const SAMPLE = 200;

/** Below one subtree: an exact name of another list, and exceptions below that: the covering list's own, another list's, the operator's. */
const NESTED = 'nested.example.test';
const EXACT = `exact.${NESTED}`;
const OPERATORS = `operators.${EXACT}`;
const SAID: Readonly<Record<string, string>> = {
  easylist: `||${NESTED}^\n@@||own.${EXACT}^\n`,
  onehosts_lite: `${EXACT}\nlisted.own.${EXACT}\n`,
  adguard_dns: `@@||others.${EXACT}^\n`,
};
/** Which of them are blocked. */
const NESTED_VERDICTS: Readonly<Record<string, boolean>> = {
  [NESTED]: true,
  [`x.${NESTED}`]: true,
  [EXACT]: true,
  [`x.${EXACT}`]: true,
  [`own.${EXACT}`]: false,
  [`x.own.${EXACT}`]: false,
  [`listed.own.${EXACT}`]: true,
  [`x.listed.own.${EXACT}`]: false,
  [`others.${EXACT}`]: true,
  [OPERATORS]: false,
  [`x.${OPERATORS}`]: true,
};

export function lists(shared: () => Lake): void {
  describe('the lists that people load, all layers in one driver', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-lists-'));
    let lake: Lake;
    let manifest: Manifest;
    let allowed = '';
    /** What the strict list holds: the scope by name, and what it means. */
    const strict = new Map<string, string>();
    let meant = new Meaning();
    beforeAll(() => {
      lake = shared();
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const textOf = (format: (typeof EXPORT_FORMATS)[number], tier: string) => readFileSync(join(folder, manifest.tiers[tier]?.files[format]?.path.split('/').at(-1) ?? ''));
    const read = async (format: (typeof EXPORT_FORMATS)[number], tier: string) => {
      const reader = READERS[format];
      if (reader === undefined) throw new Error(`${format} is not read back`);
      const { entries, reasons } = await readList(reader, textOf(format, tier).toString('utf8'));
      const meaning = new Meaning();
      for (const each of entries) {
        const [action, type = '', name = '', scope = ''] = each.split(' ');
        meaning.say({ type, name, scope }, action === 'allow' ? 'allow' : 'block');
      }
      return { meaning, reasons };
    };

    test('are exported from what several sources and the operator say', async () => {
      for (const [source, said] of Object.entries(SAID)) {
        const recorded = await (await fetch(`http://127.0.0.1:${lake.state.ports.feeds}/${source}`)).text();
        await lake.breakFeed(source, { body: `${recorded}\n${said}` });
      }
      const began = new Date().toISOString();
      const ingested = await lake.cli('ingest', '--all');
      expect([ingested.code, ingested.stderr], ingested.stderr).toEqual([0, expect.stringContaining('majestic: changed')]);
      const harmful = httpSources().flatMap(({ source }) => (source.kind === 'list' && source.role === 'block' ? [`'${source.name}'`] : []));
      const sum = `SELECT sum(entries) FROM gold.source_status WHERE source IN (${harmful.join(', ')})`;
      const listed = "SELECT sum(cardinality(filter(sources, s -> s.current AND s.action = 'block' AND s.source <> 'operator'))) FROM gold.harmful_domains";
      await lake.becomes(`SELECT count(*) FROM gold.source_status WHERE last_check_at >= from_iso8601_timestamp('${began}')`, sourcesOnAt('local').length, 240_000);
      await lake.becomes(listed, await lake.number(sum), 240_000);
      [[allowed = '']] = (await lake.sql('SELECT name FROM gold.harmful_domains WHERE is_active AND source_count > 2 ORDER BY name LIMIT 1')) as [string[]];
      const edits = "SELECT coalesce(max(sequence), 0) FROM gold.source_status WHERE source = 'operator'";
      const before = await lake.number(edits);
      expect((await lake.cli('deny', `*.${DENIED_BELOW}`, '--reason', 'a test')).code).toBe(0);
      expect((await lake.cli('allow', ALLOWED_INSIDE, '--reason', 'ours')).code).toBe(0);
      expect((await lake.cli('allow', allowed, '--reason', 'ours')).code).toBe(0);
      expect((await lake.cli('allow', OPERATORS, '--reason', 'ours')).code).toBe(0);
      await lake.becomes(edits, before + 4);
      await lake.becomes(
        `SELECT count(*) FROM gold.harmful_domains WHERE name IN ('${allowed}', '${ALLOWED_INSIDE}', '${OPERATORS}') AND cardinality(allowed) > 0 AND NOT is_active`,
        3,
      );
      const exported = await lake.cli('export', '--out', folder, '--json');
      expect(exported.code, exported.stderr).toBe(0);
      manifest = JSON.parse(exported.stdout) as Manifest;
      meant = (await read('csv', 'strict')).meaning;
      for (const name of meant.names) if (meant.own(name)) strict.set(name, meant.scope(name));
      expect(strict.size).toBeGreaterThan(20_000);
    }, 600_000);

    test('stand in three tiers, each within the next, as SQL counts them', async () => {
      expect(Object.keys(manifest.tiers)).toEqual([...TIERS]);
      for (const tier of TIERS) expect(Object.keys(manifest.tiers[tier]?.files ?? {})).toEqual([...EXPORT_FORMATS]);
      const tiers = await Promise.all(TIERS.map(async (tier) => (await read('csv', tier)).meaning));
      const names = tiers.map((meaning) => meaning.names.filter((name) => meaning.own(name)));
      expect(names.map(({ length }) => length)).toEqual(names.map(({ length }) => length).sort((a, b) => a - b));
      expect(names[0]?.length).toBeGreaterThan(100);
      for (const name of names[0] ?? []) expect(tiers[1]?.own(name)).toBe(true);
      // Confirmed by a check of just now, so not decayed.
      for (const [tier, least] of [
        ['light', 0.9],
        ['normal', 0.7],
        ['strict', 0.3],
      ] as const)
        expect(manifest.tiers[tier]?.entries).toBe(await lake.number(`SELECT count(*) FROM gold.harmful_domains WHERE is_active AND round(confidence_base, 4) >= ${least}`));
    }, 60_000);

    test.each(EXPORT_FORMATS.filter((format) => format in READERS))('%s read back by our own parser means the same', async (format) => {
      const { meaning, reasons } = await read(format, 'strict');
      expect(reasons).toEqual([]);
      expect([...strict.keys()].filter((name) => !meaning.blocks(name))).toEqual([]);
      const counts = manifest.tiers.strict?.files[format];
      const covered = counts?.left_out.covered ?? 0;
      if (NAMES_ALONE.has(format)) {
        expect(meaning.names.sort()).toEqual([...strict.keys()].sort());
      } else {
        const around = [...strict.keys(), ...[...strict.keys()].map((name) => `below.${name}`), ...meaning.names, ALLOWED_INSIDE, `below.${ALLOWED_INSIDE}`];
        const wrong = around.filter((name) => meaning.blocks(name) !== meant.blocks(name));
        // Two formats free more than is meant, where docs/lists.md says so.
        const exceptions = manifest.tiers.strict?.exceptions ?? [];
        const below = (name: string, parent: string) => name.endsWith(`.${parent}`);
        const freed = (name: string) =>
          format === 'wildcard'
            ? exceptions.some((each) => [...strict].some(([parent, scope]) => scope === 'subtree' && below(name, parent) && below(each.name, parent)))
            : format === 'unbound' && exceptions.some((each) => each.itself && !each.below && below(name, each.name));
        expect(wrong.filter((name) => meaning.blocks(name) || !freed(name))).toEqual([]);
        expect(wrong.length > 0).toBe(['wildcard', 'unbound'].includes(format));
      }
      // The generated lists name some domains and others below them.
      if (!NAMES_ALONE.has(format) && format !== 'csv') expect(covered).toBeGreaterThan(0);
      expect((counts?.entries ?? 0) + covered + (counts?.left_out.unsayable ?? 0)).toBe(format === 'csv' ? manifest.tiers.strict?.entries : strict.size);
      expect(meaning.blocks(allowed) || meaning.blocks(ALLOWED_INSIDE)).toBe(false);
      const text = textOf(format, 'strict').toString('utf8');
      for (const said of ['Title: Sluice strict', `Version: ${manifest.version}`, 'Expires: 24 hours']) expect(text).toContain(said);
    });

    test('addresses and URLs stand in CSV, and everything in STIX with an id of its own', async () => {
      const { others } = (await read('csv', 'strict')).meaning;
      const bundle = JSON.parse(textOf('stix', 'strict').toString('utf8')) as { objects: { type: string; id: string; name: string; revoked?: boolean }[] };
      const indicators = bundle.objects.filter(({ type }) => type === 'indicator');
      expect(indicators.filter(({ revoked }) => !revoked)).toHaveLength(strict.size + others.size);
      expect(new Set(indicators.map(({ id }) => id)).size).toBe(indicators.length);
      expect(others.size).toBeGreaterThan(20);
    });

    const RESOLVERS: readonly (readonly [ResolverName, (typeof EXPORT_FORMATS)[number]])[] = [
      ['dnsmasq', 'dnsmasq'],
      ['unbound', 'unbound'],
      ['named', 'rpz'],
      ['kresd', 'rpz'],
      ['pdns_recursor', 'rpz'],
    ];
    for (const [name, format] of RESOLVERS) {
      const testOrSkip = hasResolver(name) ? test : test.skip;
      testOrSkip(
        `a real ${name} (${versionOf(name)}) blocks ${SAMPLE} of the names, and neither ${SAMPLE} siblings nor what is allowed`,
        async () => {
          const random = seeded(5);
          const pick = (names: readonly string[]) => [...new Set(Array.from({ length: SAMPLE * 2 }, () => names[Math.floor(random() * names.length)] as string))].slice(0, SAMPLE);
          const of = (scope: string) => [...strict].filter(([, each]) => each === scope).map(([each]) => each);
          const covered = (each: string) => each.split('.').some((_, i, labels) => i > 0 && strict.get(labels.slice(i).join('.')) === 'subtree');
          const alone = pick(of('exact').filter((each) => !covered(each)));
          const subtrees = pick(of('subtree'));
          const siblings = pick([...strict.keys()].map((each) => `unlisted-${each}`).filter((each) => !covered(each) && !strict.has(each)));
          expect([alone.length, subtrees.length, siblings.length]).toEqual([SAMPLE, SAMPLE, SAMPLE]);
          const resolver = await RunningResolver.start(name, join(folder, manifest.tiers.strict?.files[format]?.path.split('/').at(-1) ?? ''), alone[0] ?? '');
          try {
            expect(await resolver.notBlocked(alone)).toEqual([]);
            expect(await resolver.notBlocked(subtrees)).toEqual([]);
            // What the forms mean for subdomains.
            const below = (names: readonly string[]) => names.map((each) => `below.${each}`);
            expect(await resolver.notBlocked(below(subtrees))).toEqual([]);
            const free = [...siblings, ...below(alone), allowed, ALLOWED_INSIDE];
            expect(await resolver.notBlocked(free)).toEqual(free);
            expect(await resolver.notBlocked([DENIED_BELOW, `other.${DENIED_BELOW}`])).toEqual([]);
            const nested = Object.keys(NESTED_VERDICTS);
            const verdicts = await resolver.verdicts(nested);
            // unbound cannot free a name alone.
            const expected = { ...NESTED_VERDICTS, ...(format === 'unbound' ? { [`x.${OPERATORS}`]: false } : {}) };
            expect(Object.fromEntries(nested.map((each, i) => [each, verdicts[i]]))).toEqual(expected);
          } finally {
            await resolver.stop();
          }
        },
        180_000,
      );
    }

    test('say of a subtree, an exact name below it and exceptions below that, from several sources, what why says', async () => {
      const names = Object.keys(NESTED_VERDICTS);
      const explained = await Promise.all(names.map(async (name) => JSON.parse((await lake.cli('why', name, '--json')).stdout) as Explanation));
      expect(Object.fromEntries(explained.map(({ name, verdict }) => [name, verdict === 'harmful']))).toEqual(NESTED_VERDICTS);
      expect(explained.find(({ name }) => name === `x.own.${EXACT}`)?.because).toBe(
        `${NESTED} covers all below it, but every list that says so makes an exception of x.own.${EXACT}: easylist`,
      );
    }, 120_000);

    test('can be explained, name by name', async () => {
      const below = await lake.cli('why', `x.${DENIED_BELOW}`);
      expect([below.code, below.stdout], below.stderr).toEqual([
        0,
        expect.stringMatching(/^x\[\.\]denied\[\.\]example\[\.\]test: harmful, confidence 1\ndenied\[\.\]example\[\.\]test covers all below it; listed by operator\n/),
      ]);
      const exempt = await lake.cli('why', ALLOWED_INSIDE, '--raw');
      expect(exempt.stdout).toMatch(new RegExp(`^${ALLOWED_INSIDE}: allowed\\nthe operator allows ${ALLOWED_INSIDE}: ours\\n`));
      const why = JSON.parse((await lake.cli('why', allowed, '--json')).stdout) as Explanation;
      expect(why).toMatchObject({ verdict: 'allowed', rows: [{ name: allowed, isActive: false }] });
      const listings = why.rows[0]?.listings.filter(({ action }) => action === 'block') ?? [];
      expect(listings.length).toBeGreaterThan(2);
      for (const { source, rawLine, coordinates, lastSeen, firstSeen } of listings) {
        expect(rawLine?.toLowerCase(), source).toContain(allowed);
        expect(coordinates, source).toMatch(/^harmful_domains\/[012]@\d+$/);
        expect(Date.parse(lastSeen ?? '')).toBeGreaterThanOrEqual(Date.parse(firstSeen ?? '9999'));
      }
      expect((await lake.cli('why', 'nobody.lists.this.example')).stdout).toMatch(/: not listed\n/);
      expect(await lake.cli('why', 'co.uk')).toMatchObject({ code: 2, stderr: expect.stringContaining('"co.uk": public suffix') });
    }, 120_000);

    test('are served with an ETag, and say what came and went since the last version', async () => {
      expect((await lake.cli('deny', 'new.example.test', '--reason', 'a test')).code).toBe(0);
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE name = 'new.example.test' AND is_active", 1);
      const again = await lake.cli('export', '--json');
      expect(again.code, again.stderr).toBe(0);
      const next = JSON.parse(again.stdout) as Manifest;
      expect(next.previous).toBe(manifest.version);
      expect(next.tiers.strict).toMatchObject({ added: 1, removed: 0 });
      const licensed = await lake.cli('export', '--licences', 'CC0-1.0', '--json');
      const cc0 = JSON.parse(licensed.stdout) as Manifest;
      const free = httpSources().filter(({ source }) => source.kind === 'list' && source.licence === 'CC0-1.0' && sourcesOnAt('local').includes(source.name));
      expect(free.length).toBeGreaterThan(0);
      expect(cc0.sources.map(({ licence }) => licence).filter((licence) => licence !== 'own entries')).toEqual(free.map(() => 'CC0-1.0'));
      expect(cc0.tiers.strict?.files.plain?.latest).toBe('lists/licences/cc0-1.0/latest/strict.txt');
      const served = await lake.serveLists(async (url) => {
        const first = await fetch(`${url}/lists/latest/light.hosts`);
        const etag = first.headers.get('etag') ?? '';
        const second = await fetch(`${url}/lists/latest/light.hosts`, { headers: { 'if-none-match': etag } });
        return { status: first.status, etag, text: await first.text(), again: second.status, missing: (await fetch(`${url}/other`)).status, page: await (await fetch(url)).text() };
      });
      expect(served).toMatchObject({ status: 200, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/), again: 304, missing: 404 });
      expect(served.text).toContain(`# Version: ${next.version}`);
      expect(served.page).toContain('<a href="/lists/latest/strict.adblock.txt">adblock</a>');
      expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
      expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
    }, 300_000);

    test('are exported anew where Gold has changed, and not for canaries', async () => {
      const look = () => invokeFunction<ExportLook>('publish', {}, 'the look at Gold', lake.target);
      expect(await look()).toMatchObject({ started: false, reason: expect.stringMatching(/^nothing has changed since version \d+$/) });
      const sent = new Date().toISOString();
      await lake.monitor();
      await lake.becomes(`SELECT least(count(*), 1) FROM ops.canaries WHERE folded_by = 'gold.harmful_domains' AND kafka_timestamp >= from_iso8601_timestamp('${sent}')`, 1);
      expect(await lake.number("SELECT count(*) FROM gold.harmful_domains WHERE any_match(sources, s -> s.source = '_canary')")).toBe(0);
      expect(await look()).toMatchObject({ started: false });
      expect((await lake.cli('deny', 'newer.example.test', '--reason', 'a test')).code).toBe(0);
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE name = 'newer.example.test' AND is_active", 1);
      expect(await look()).toMatchObject({ started: true, reason: expect.stringMatching(/^\d+ commits since version/) });
      expect(await look()).toMatchObject({ started: false, reason: expect.stringMatching(/an export runs already$/) });
      const JobName = localName('export');
      // Glue is asked: it looks at its runs when it is.
      const newest = async () => (await lake.target.glue.send(new GetJobRunsCommand({ JobName }))).JobRuns?.[0]?.JobRunState;
      await until(async () => (await newest()) === 'SUCCEEDED', { timeoutMs: 120_000, everyMs: 1_000, describe: () => `no run of ${JobName} succeeds` });
      expect(await look()).toMatchObject({ started: false, reason: expect.stringMatching(/^nothing has changed/) });
    }, 300_000);
  });
}
