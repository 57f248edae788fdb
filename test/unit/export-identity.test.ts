import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpSource } from '../../contracts/index.js';
import { classify, classifyUrl } from '../../lambdas/shared/entries.js';
import { BodyParser } from '../../lambdas/shared/formats/index.js';
import { homeAt, ROOT } from '../../localstack/paths.js';

interface Listed {
  readonly type: string;
  readonly name: string;
  readonly scope: string;
}

/** Writes lists as the export job does: entries as JSON on stdin, texts per list and format as JSON on stdout. */
const WRITER = `
import json, sys
from datetime import UTC, datetime
from medallion.export.formats import FORMATS, Entry, Header
from medallion.export.tiers import Exception_
at = datetime(2026, 1, 1, tzinfo=UTC)
def text(made, each):
    entries = [Entry(e["type"], e["name"], e["scope"], 0.9, ("malware",), (), ("s",), at, at) for e in each["entries"]]
    exceptions = [Exception_(e["name"], e["scope"] == "subtree") for e in each["exceptions"]]
    body = "".join(made.entry(entry) for entry in entries if entry.entry_type in made.types)
    return made.head(Header("Sluice", "v", at, 24, len(entries), "MIT")) + body + made.exceptions(exceptions) + made.tail()
print(json.dumps([{name: text(made(), each) for name, made in FORMATS.items()} for each in json.load(sys.stdin)]))
`;
const READERS: Readonly<Record<string, HttpSource['format']>> = {
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
const STATES_EXCEPTIONS = new Set(['adblock', 'dnsmasq', 'unbound', 'rpz']);

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
  exceptions: fc.array(listed, { maxLength: 3 }).map((all) => unique(all).filter(({ type }) => type === 'domain')),
});

test('parsing what the export job writes gives what it wrote: a property over lists, for every text format', () => {
  const samples = fc.sample(lists, { numRuns: 300, seed: 4 }).map(({ entries, exceptions }) => ({
    entries,
    exceptions: exceptions.filter(({ name }) => !entries.some((entry) => entry.name === name)),
  }));
  const python = join(homeAt(join(ROOT, '.sluice')).tools, 'python', 'bin', 'python');
  const output = execFileSync(python, ['-c', WRITER], {
    input: JSON.stringify(samples),
    env: { ...process.env, PYTHONPATH: join(ROOT, 'glue-jobs'), PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const written = JSON.parse(output) as Record<string, string>[];
  expect(written).toHaveLength(samples.length);
  written.forEach((texts, i) => {
    const { entries, exceptions } = samples[i] as (typeof samples)[0];
    for (const [format, reader] of Object.entries(READERS)) {
      const blocked = new Map<string, string>();
      const allowed = new Set<string>();
      const parser = new BodyParser(reader, ({ type, name, scope }, _line, { action }) => {
        if (action === 'allow') allowed.add(name);
        else if (blocked.get(`${type} ${name}`) !== 'subtree') blocked.set(`${type} ${name}`, scope);
      });
      parser.push(Buffer.from(texts[format] ?? ''));
      expect(parser.end().counts.rejects, format).toBe(0);
      const holds = entries.filter(({ type }) => format === 'csv' || type === 'domain');
      const expected = new Map(holds.map(({ type, name, scope }) => [`${type} ${name}`, NAMES_ALONE.has(format) ? 'exact' : scope]));
      expect([...blocked].sort(), format).toEqual([...expected].sort());
      expect([...allowed].sort(), format).toEqual(STATES_EXCEPTIONS.has(format) ? exceptions.map(({ name }) => name).sort() : []);
    }
  });
}, 60_000);
