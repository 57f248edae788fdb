import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify, classifyUrl } from '../../datasets/harmful_domains/entries.js';
import type { FormatName } from '../../datasets/harmful_domains/formats/format-names.js';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { Meaning } from '../support/meaning.js';
import { readList } from '../support/resolved.js';

interface Listed {
  readonly type: string;
  readonly name: string;
  readonly scope: string;
}

/** Writes lists as the export job does: entries as JSON on stdin, texts per list and format as JSON on stdout. */
const WRITER = `
import json, sys
from datetime import UTC, datetime
from datasets.harmful_domains.lists.entries import Entry, Said
from datasets.harmful_domains.lists.formats import Header
from datasets.harmful_domains.lists.job import tier_of
from datasets.harmful_domains.lists.registry import FORMATS
from datasets.harmful_domains.lists.scopes import Blocker, Statement, in_order
from datasets.harmful_domains.lists.walk import Walk
at, instant = datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00.000Z"
def row(e, excepted):
    itself, below = not excepted, not excepted and e["scope"] == "subtree"
    return Entry(e["name"], Said(e["type"], 1, itself, below, excepted, 0.9, "malware", "", "s", instant, instant, False))
def statement(e, excepted):
    below = (Blocker("s", "s", False),) if not excepted and e["scope"] == "subtree" else ()
    sources = frozenset(["s"]) if excepted else frozenset()
    return Statement(e["name"], 0.9, not excepted, below, False, sources, sources if e["scope"] == "subtree" else frozenset())
def texts(each):
    said = [(e, False) for e in each["entries"]] + [(e, True) for e in each["exceptions"]]
    domains = [(e, excepted) for e, excepted in said if e["type"] == "domain"]
    tier = tier_of("light", 1, 0.3, {e["name"]: statement(e, excepted) for e, excepted in domains})
    order = lambda r: (r.said.entry_type, in_order(r.name) if r.said.entry_type == "domain" else r.name)
    body = next(iter(Walk([tier], FORMATS).texts(sorted((row(*one) for one in said), key=order))), {}).get("light", {})
    header = Header("Sluice", "v", at, 24, len(said), "MIT")
    return {name: made().head(header) + body.get(name, "") + made().tail() for name, made in FORMATS.items()}
print(json.dumps([texts(each) for each in json.load(sys.stdin)]))
`;
const READERS: Readonly<Record<string, FormatName>> = {
  hosts: 'hosts',
  plain: 'plain',
  wildcard: 'wildcard',
  adblock: 'adblock',
  dnsmasq: 'dnsmasq',
  unbound: 'unbound',
  rpz: 'rpz',
  csv: 'sluice_csv',
};
const NAMES_ALONE = new Set(['hosts', 'plain']);
/** Formats that cannot say every exception: what holds one may be said without what is below it. */
const NARROWS = new Set(['wildcard', 'unbound']);

const label = fc.stringMatching(/^[a-z0-9_-]{1,22}$/);
/** Names as hostile as validity lets through: underscores, hyphens at the ends, digits, punycode, unknown top levels; addresses and URLs. */
const listed = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.array(label, { minLength: 1, maxLength: 4 }),
          fc.constantFrom('com', 'example', 'xn--p1ai', 'zz-unknown', 'co.uk', 'github.io'),
          fc.constantFrom('exact' as const, 'subtree' as const),
        )
        .map(([labels, top, scope]) => classify([...labels, top].join('.'), scope)),
    },
    { weight: 1, arbitrary: fc.oneof(fc.ipV4(), fc.ipV6()).map((address) => classify(address, 'exact')) },
    { weight: 1, arbitrary: fc.webPath().map((path) => classifyUrl(`https://github.com${path}?q=${encodeURIComponent(path)}`)) },
  )
  .filter((classified) => classified.kind === 'entry')
  .map(({ entry }): Listed => ({ type: entry.type, name: entry.name, scope: entry.scope }));
const unique = (entries: readonly Listed[]) => [...new Map(entries.map((entry) => [`${entry.type} ${entry.name}`, entry])).values()];
const lists = fc.record({
  entries: fc.array(listed, { maxLength: 30 }).map(unique),
  /** Labels put before some entry's name, and an exception's scope. */
  exceptions: fc.array(fc.tuple(fc.nat(), fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('exact', 'subtree')), { maxLength: 3 }),
});

test('reading what the export job writes means what was written: a property over lists, for every text format', async () => {
  const samples = fc.sample(lists, { numRuns: 300, seed: 4 }).map(({ entries, exceptions }) => {
    const domains = entries.filter(({ type }) => type === 'domain');
    const below = exceptions.flatMap(([i, labels, scope]): Listed[] => {
      const name = [...labels, domains[i % domains.length]?.name ?? 'a.example'].join('.');
      return name.length > 200 || entries.some((entry) => entry.name === name) ? [] : [{ type: 'domain', name, scope }];
    });
    return { entries, exceptions: unique(below) };
  });
  expect(samples.filter(({ exceptions }) => exceptions.length > 1).length).toBeGreaterThan(100);
  const python = join(homeAt(join(ROOT, '.sluice')).tools, 'python', 'bin', 'python');
  const output = execFileSync(python, ['-c', WRITER], {
    input: JSON.stringify(samples),
    env: { ...process.env, PYTHONPATH: join(ROOT, 'glue-jobs'), PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const written = JSON.parse(output) as Record<string, string>[];
  expect(written).toHaveLength(samples.length);
  for (const [i, texts] of written.entries()) {
    const { entries, exceptions } = samples[i] as (typeof samples)[0];
    const meant = new Meaning();
    for (const each of entries) meant.say(each, 'block');
    for (const each of exceptions) meant.say(each, 'allow');
    const domains = [...entries.filter(({ type }) => type === 'domain'), ...exceptions].map(({ name }) => name);
    const names = [...new Set([...domains, ...domains.flatMap((name) => [`x-.${name}`.replace('-', ''), name.split('.').slice(1).join('.')])])];
    for (const [format, reader] of Object.entries(READERS)) {
      const { entries: read, reasons, blocks } = await readList(reader, texts[format] ?? '');
      expect(reasons, format).toEqual([]);
      const others = entries.filter(({ type }) => type !== 'domain').map(({ type, name }) => `block ${type} ${name} exact`);
      expect(read.filter((each) => !each.includes(' domain ')).sort(), format).toEqual(format === 'csv' ? others.sort() : []);
      const blocked = names.filter(blocks);
      const own = names.filter((name) => meant.own(name));
      const expected = NAMES_ALONE.has(format) ? own : names.filter((name) => meant.blocks(name));
      if (!NARROWS.has(format) || exceptions.length === 0) expect(blocked, format).toEqual(expected);
      expect(blocked, format).toEqual(expect.arrayContaining(own));
      expect(expected, format).toEqual(expect.arrayContaining(blocked));
    }
  }
}, 120_000);
