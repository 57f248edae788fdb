import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { asked, DNSMASQ, type Measured, RPZ, SOA, UNBOUND } from '../support/measured.js';
import { hasResolver, type ResolverName, RunningResolver } from '../support/resolvers.js';

const PROBE = 'probe.example';

/** Each list with a name that shows that it was loaded. */
const LISTS: readonly [ResolverName, readonly Measured[], (list: readonly string[]) => string[]][] = [
  ['named', RPZ, ([soa = SOA, ...rows]) => ['$TTL 30', soa, ' NS localhost.', ...rows, `${PROBE} CNAME .`]],
  ['unbound', UNBOUND, (list) => ['server:', `local-zone: "${PROBE}" always_nxdomain`, ...list.filter((row) => row !== 'server:')]],
  ['dnsmasq', DNSMASQ, (list) => [`address=/${PROBE}/`, ...list]],
];

describe('a list read here means what the server that it is for makes of it:', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-readings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, lists, whole] of LISTS) {
    const testOrSkip = hasResolver(name) ? test : test.skip;
    testOrSkip(
      `${name}${hasResolver(name) ? '' : ' [skipped: it is not installed]'}`,
      async () => {
        for (const [what, list, verdicts] of lists) {
          const file = join(folder, name);
          writeFileSync(file, `${whole(list).join('\n')}\n`);
          const resolver = await RunningResolver.start(name, file, PROBE);
          try {
            for (const [each, blocked] of asked(verdicts)) expect([what, each, await resolver.leadsNowhere(each)]).toEqual([what, each, blocked]);
          } finally {
            await resolver.stop();
          }
        }
      },
      300_000,
    );
  }
});
