import { describe, expect, test } from 'vitest';
import { asked, DNSMASQ, RPZ, SOA, UNBOUND } from '../../test/support/measured.js';
import { type ReadList, readList } from '../../test/support/resolved.js';
import type { FormatName } from './formats/format-names.js';

type Name = FormatName;

/** Verdicts that the server itself gave (test/integration/readings.test.ts asks it again). */
const expectVerdicts = (read: ReadList, verdicts: string) => {
  for (const [name, blocked] of asked(verdicts)) expect([name, read.blocks(name)]).toEqual([name, blocked]);
};

describe('a response policy zone', () => {
  test.each(RPZ)('%s', async (_what, list, verdicts) => expectVerdicts(await readList('rpz', list), verdicts));

  test.each<[string, string[]]>([
    ['$ORIGIN', ['$ORIGIN rpz.test.', SOA, 'a.example CNAME .', 'b.example.rpz.test. CNAME .', '*.b.example.rpz.test. CNAME .']],
    ['the SOA', ['rpz.test. IN SOA localhost. root.localhost. 1 2 3 4 5', 'B.Example.RPZ.Test. CNAME .', '*.b.example.rpz.test. CNAME .', 'a.example.rpz.test. CNAME .']],
    [
      'an SOA under the root, as servers write zones',
      ['$ORIGIN .', 'rpz.test 30 IN SOA a. b. (', ' 1 ; serial', ' 2 3 4 5 )', ' NS localhost.', '$ORIGIN example.rpz.test.', 'b CNAME .', '*.b CNAME .', 'a CNAME .'],
    ],
    ['$ORIGIN without an SOA', ['$ORIGIN rpz.test.', 'b.example CNAME .', '*.b.example CNAME .', 'a.example.rpz.test. CNAME .']],
    [
      '$ORIGIN changed in mid-file, nested, and back',
      ['$ORIGIN rpz.test.', SOA, '$ORIGIN example', '$ORIGIN b', '@ CNAME .', '* CNAME .', '$ORIGIN example.rpz.test.', 'a CNAME .'],
    ],
    ['a root in mid-file', ['$ORIGIN rpz.test.', SOA, '$ORIGIN .', 'b.example.rpz.test CNAME .', '*.b.example.rpz.test CNAME .', '$ORIGIN rpz.test.', 'a.example CNAME .']],
    ['a relative $ORIGIN where the zone has no name', [SOA, '$ORIGIN example', 'b CNAME .', '*.b CNAME .', 'a CNAME .']],
    ['no SOA', ['b.example CNAME .', '*.b.example. CNAME .', 'a.example. CNAME .']],
  ])('means names below its zone, named by %s', async (_what, list) => {
    const read = await readList('rpz', list);
    expect(read.entries).toEqual(['block domain a.example exact', 'block domain b.example exact', 'block domain b.example subtree']);
    expect([read.reasons, read.told.cancelled]).toEqual([[], 0]);
  });

  test.each([
    ['*.github.io CNAME .', 'all below a name, but not the name', 0],
    ['n.example. CNAME .', 'owner outside the zone', 0],
    ['n.example. CNAME rpz-passthru.', 'owner outside the zone', 1],
    ['32.4.3.2.1.rpz-client-ip CNAME .', 'trigger rpz-client-ip, which is of no name', 0],
    ['32.4.3.2.1.RPZ-Client-IP CNAME .', 'trigger rpz-client-ip, which is of no name', 0],
    ['32.4.3.2.1.rpz-client-ip CNAME rpz-passthru.', 'trigger rpz-client-ip, which is of no name', 1],
    ['ns.n.example.rpz-nsdname CNAME .', 'trigger rpz-nsdname, which is of no name', 0],
    ['32.4.3.2.1.rpz-nsip.rpz.test. CNAME .', 'trigger rpz-nsip, which is of no name', 0],
    ['24.0.113.0.203.rpz-ip CNAME .', 'trigger of a network', 0],
    ['n.example CNAME rpz-tcp-only.', 'policy that does not block', 0],
    ['n.example CNAME garden.example.', 'policy that does not block', 0],
    ['n.example CNAME n.example', 'policy that does not block', 0],
    ['n.example A 203.0.113.1', 'policy that does not block', 0],
    ['n.example TXT "; a text"', 'record that is no policy', 0],
    ['a\\.b.example CNAME .', 'escaped character that no host name has', 0],
    ['a\\032b.example CNAME .', 'escaped character that no host name has', 0],
    ['\\09.example CNAME .', 'escaped character that no host name has', 0],
    ['a\\999.example CNAME .', 'escaped character that no host name has', 0],
    ['$INCLUDE other.zone', 'include of another file', 0],
    ['$GENERATE 1-9 n$.example CNAME .', 'names that a server generates', 0],
    ['n.example CNAME ( .', 'parenthesis that nobody closes', 0],
  ])('refuses %s with its reason', async (row, reason, exceptions) => {
    const { entries, reasons, report } = await readList('rpz', ['$ORIGIN rpz.test.', SOA, row]);
    expect([entries, reasons, report.counts.exceptionsRefused]).toEqual([[], [reason], exceptions]);
  });

  test('no answer at all is a block', async () => {
    expect((await readList('rpz', [SOA, 'n.example CNAME rpz-drop.'])).entries).toEqual(['block domain n.example exact']);
    expect((await readList('unbound', ['local-zone: "n.example" deny'])).entries).toEqual(['block domain n.example subtree']);
  });

  test('addresses are triggers that it holds, of IPv4 and IPv6, with the zone’s name or not', async () => {
    const rows = ['32.9.113.0.203.rpz-ip CNAME .', '32.8.113.0.203.rpz-ip.rpz.test. CNAME rpz-passthru.', '128.1.zz.db8.2001.RPZ-IP CNAME .'];
    expect((await readList('rpz', ['$ORIGIN rpz.test.', SOA, ...rows])).entries).toEqual([
      'block ip 2001:db8::1 exact',
      'allow ip 203.0.113.8 exact',
      'block ip 203.0.113.9 exact',
    ]);
  });

  test('what belongs to the zone is its own, on as many lines as it takes; rows that begin with a blank are of the name before', async () => {
    const { entries, report } = await readList('rpz', [
      '$TTL 30',
      '@ SOA a. b. (',
      ' 1',
      ' 2 3 4 5',
      ')',
      ' NS localhost.',
      '@ TXT "x"',
      '',
      'n.example A 0.0.0.0',
      ' AAAA ::',
      '; end',
    ]);
    expect([entries, report.counts]).toEqual([
      ['block domain n.example exact'],
      expect.objectContaining({ lines: 11, comments: 2, boilerplate: 7, rows: 2, accepted: 2, rejects: 0 }),
    ]);
  });

  test('one wrong line of a hundred thousand costs itself', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `n${i}.example CNAME .`);
    for (const wrong of ['wrong.example CNAME ( .', 'a b c d', '$WRONG', 'wrong.example CNAME', '"']) {
      rows[50_000] = wrong;
      const { report } = await readList('rpz', [SOA, ...rows]);
      expect([wrong, report.counts.accepted, report.counts.rejects]).toEqual([wrong, 99_999, 1]);
    }
  }, 60_000);

  /** Characters of a name, its dots included: on the wire a name has two octets more. */
  const nameOf = (characters: number) => ['a'.repeat(characters - 191), 'b'.repeat(60), 'c'.repeat(60), 'd'.repeat(60), 'example'].join('.');
  test.each([251, 252, 253, 254])('a name of %i characters, its zone’s name taken off, with and without wildcard', async (characters) => {
    const name = nameOf(characters);
    expect(name).toHaveLength(characters);
    const rows = ['$ORIGIN a-zone-with-a-name-of-its-own.test.', SOA, `${name} CNAME .`, `*.${name} CNAME .`];
    const { entries, reasons } = await readList('rpz', rows);
    expect(entries).toEqual([...(characters <= 253 ? [`block domain ${name} exact`] : []), ...(characters <= 251 ? [`block domain ${name} subtree`] : [])]);
    expect(reasons).toEqual(Array.from({ length: Number(characters > 251) + Number(characters > 253) }, () => 'longer than 253 characters'));
  });
});

describe('unbound', () => {
  test.each(UNBOUND)('%s', async (_what, list, verdicts) => expectVerdicts(await readList('unbound', list), verdicts));

  test.each<[string[], string[], number]>([
    [['local-zone: "n.example" transparent'], ['zone type transparent does not block'], 0],
    [['local-zone: "n.example" nodefault'], ['zone type nodefault does not block'], 0],
    [['local-zone: "n.example" redirect', 'local-data: "n.example A 203.0.113.9"'], ['zone that rewrites the name', 'data that rewrite the name'], 0],
    [['view:', 'local-zone: "n.example" static'], ['zone of a view'], 0],
    [['include: other.conf'], ['include of another file'], 0],
    [['local-zone: "n.example"', 'local-zone: "m.example"', 'verbosity: 1'], ['statement without its end', 'line that is no local-zone'], 0],
    [['forward-zone:', '  name: "n.example"'], ['line that is no local-zone'], 0],
  ])('refuses with its reason: %j', async (list, reasons, exceptions) => {
    const read = await readList('unbound', list);
    expect(read.entries.filter((entry) => entry.startsWith('allow'))).toEqual([]);
    expect(new Set(read.reasons)).toEqual(new Set(reasons));
    expect(read.report.counts.exceptionsRefused).toBe(exceptions);
  });
});

describe('dnsmasq', () => {
  test.each(DNSMASQ)('%s', async (_what, list, verdicts) => expectVerdicts(await readList('dnsmasq', list), verdicts));

  test.each([
    ['address=/a.example/203.0.113.1', 'address is no sinkhole', 0],
    ['server=/a.example/203.0.113.53', 'name that is sent to another server', 0],
    ['address=/a.example/::', 'addresses of IPv6 alone', 0],
    ['address=/*.github.io/0.0.0.0', 'all below a name, but not the name', 0],
    ['address=/*.a.example/::', 'addresses of IPv6 alone', 0],
    ['address=/*a.example/0.0.0.0', 'wildcard in the host', 0],
    ['address=/a.example/NULL', 'address that is none', 0],
    ['address=/#/0.0.0.0', 'every name there is', 0],
    ['cname=a.example,b.example', 'line that blocks no name', 0],
    ['conf-file=/etc/other', 'line that blocks no name', 0],
    ['host-record=a.example', 'record without a name or an address', 0],
  ])('refuses %s with its reason', async (row, reason, exceptions) => {
    const { entries, reasons, report } = await readList('dnsmasq', [row]);
    expect([entries, reasons, report.counts.exceptionsRefused]).toEqual([[], [reason], exceptions]);
  });
});

test('an address that dnsmasq does not take frees nothing', async () => {
  const { entries } = await readList('dnsmasq', ['address=/p.example/0.0.0.0', 'address=/a.p.example/203.0.113', 'address=/b.p.example/0.0.0.0/c.p.example']);
  expect(entries).toEqual(['block domain p.example subtree']);
});

describe('BIND', () => {
  test('zones on several lines, unquoted, with class, between comments', async () => {
    const { entries, report } = await readList('bind', [
      'zone "a.example" { type master; file "null"; };',
      'zone b.example IN {',
      '  type primary; // served',
      '  /* of several',
      '     lines */ file "/etc/bind/null";',
      '};',
      'zone "c.example" in { type master; }; zone d.example { type master; };',
      'zone',
      '"e.example."',
      '{ type master; }',
      ';',
    ]);
    expect(entries).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `block domain ${name}.example subtree`));
    expect(report.counts).toMatchObject({ lines: 11, comments: 1, boilerplate: 6, rows: 4, accepted: 5, rejects: 0 });
  });

  test.each([
    ['zone "a.example" { type forward; };', 'zone that is not served from here'],
    ['zone "a.example" { type redirect; };', 'zone that is not served from here'],
    ['zone "a.example" CH { type master; };', 'zone of class CH'],
    ['include "other.conf";', 'include of another file'],
    ['options { directory "/"; };', 'line that is no zone'],
    ['view "x" { zone "a.example" { type master; }; };', 'line that is no zone'],
    ['zone "." { type master; };', 'empty name'],
    ['zone "a.example" { type master;', 'statement without its end'],
    ['zone "a.example" { type master; }', 'statement without its end'],
    ['a word', 'line that is no zone'],
  ])('refuses %s with its reason, and reads on', async (row, reason) => {
    const { entries, reasons } = await readList('bind', [row, 'zone "m.example" { type master; };', 'zone "n.example" { type master; };']);
    expect([entries, reasons]).toEqual([['block domain m.example subtree', 'block domain n.example subtree'], [reason]]);
  });
});

describe('a list that is valid in two formats', () => {
  test('means what its contract says it is', async () => {
    const body = ['a.example', '*.b.example'];
    const read = async (format: Name) => (await readList(format, body)).entries;
    expect(await read('plain')).toEqual(['block domain a.example exact']);
    expect(await read('wildcard')).toEqual(['block domain a.example exact', 'block domain b.example subtree']);
    expect(await read('adblock')).toEqual(['block domain a.example exact']);
    const rows = ['0.0.0.0 a.example # why', '# comment'];
    for (const format of ['hosts', 'adblock'] as const) expect((await readList(format, rows)).entries).toEqual(['block domain a.example exact']);
  });
});
