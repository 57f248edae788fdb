import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../localstack/paths.js';
import { type RecordType, TYPES } from '../support/dns.js';
import { hasResolver, type ResolverName, RunningResolver, versionOf } from '../support/resolvers.js';

/** By format: whether a name is blocked as the model says; null where the format says that it frees more. */
type Verdicts = Readonly<Record<string, Readonly<Record<'dnsmasq' | 'unbound' | 'rpz', boolean | null>>>>;

const RESOLVERS: readonly (readonly [ResolverName, 'dnsmasq' | 'unbound' | 'rpz', string])[] = [
  ['dnsmasq', 'dnsmasq', 'dnsmasq.conf'],
  ['unbound', 'unbound', 'unbound.conf'],
  ['named', 'rpz', 'rpz'],
  ['kresd', 'rpz', 'rpz'],
  ['pdns_recursor', 'rpz', 'rpz'],
];

describe('lists of a generated set of entries and exceptions, nested four deep', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-generated-'));
  let verdicts: Verdicts = {};
  let names: readonly string[] = [];
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    const [python, jobs] = [join(ROOT, '.sluice', 'tools', 'python', 'bin', 'python'), join(ROOT, 'glue-jobs')];
    execFileSync(python, ['-B', join(jobs, 'tests', 'datasets', 'harmful_domains', 'list_sets.py'), folder, '7'], { env: { ...process.env, PYTHONPATH: jobs } });
    verdicts = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')) as Verdicts;
    names = Object.keys(verdicts);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('are more than a thousand names, blocked and free', () => {
    const of = (wanted: boolean) => names.filter((name) => verdicts[name]?.rpz === wanted).length;
    expect([of(true) > 1_000, of(false) > 1_000]).toEqual([true, true]);
  });

  for (const [name, format, extension] of RESOLVERS) {
    const testOrSkip = hasResolver(name) ? test : test.skip;
    testOrSkip(
      `mean to a real ${name} (${versionOf(name)}) what the model says, of every name and type`,
      async () => {
        const blocked = names.find((each) => verdicts[each]?.[format]) ?? '';
        const resolver = await RunningResolver.start(name, join(folder, `generated.${extension}`), blocked);
        try {
          const wrong: string[] = [];
          for (const type of Object.keys(TYPES) as RecordType[]) {
            const found = await resolver.verdicts(names, type);
            for (const [i, each] of names.entries()) if (found[i] !== (verdicts[each]?.[format] ?? false)) wrong.push(`${each} ${type}: ${found[i]}`);
          }
          expect(wrong).toEqual([]);
        } finally {
          await resolver.stop();
        }
      },
      180_000,
    );
  }
});
