import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { asked, DNSMASQ, type Measured, RPZ, SOA, UNBOUND } from '../support/measured.js';
import { hasResolver, type ResolverName, RunningResolver } from '../support/resolvers.js';

const PROBE = 'probe.example';

/** What stands once before all lists of a server, where a list has it too: a name that shows that they were loaded. */
const SERVERS: readonly [ResolverName, readonly Measured[], (lists: readonly string[][]) => string[]][] = [
  ['named', RPZ, (lists) => ['$TTL 30', SOA, ' NS localhost.', ...lists.flatMap((list) => list.filter((row) => row !== SOA)), `${PROBE} CNAME .`]],
  ['unbound', UNBOUND, (lists) => ['server:', `local-zone: "${PROBE}" always_nxdomain`, ...lists.flatMap((list) => list.filter((row) => row !== 'server:'))]],
  ['dnsmasq', DNSMASQ, (lists) => [`address=/${PROBE}/`, ...lists.flat()]],
];

/** The same, of names of its own: one server reads all lists, and no two of them speak of one name. */
const own = (text: string, i: number): string => text.replaceAll(/\bexample\b/gi, (top) => `of-${i}.${top}`);

describe('a list read here means what the server that it is for makes of it:', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-readings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, lists, whole] of SERVERS) {
    const testOrSkip = hasResolver(name) ? test : test.skip;
    testOrSkip(
      `${name}${hasResolver(name) ? '' : ' [skipped: it is not installed]'}`,
      async () => {
        const file = join(folder, name);
        writeFileSync(file, `${whole(lists.map(([, list], i) => list.map((row) => own(row, i)))).join('\n')}\n`);
        const resolver = await RunningResolver.start(name, file, PROBE);
        try {
          const all = lists.flatMap(([what, , verdicts], i) => asked(own(verdicts, i)).map(([each, blocked]) => [what, each, blocked] as const));
          expect(await Promise.all(all.map(async ([what, each]) => [what, each, await resolver.leadsNowhere(each)]))).toEqual(all);
        } finally {
          await resolver.stop();
        }
      },
      60_000,
    );
  }
});
