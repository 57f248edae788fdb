import { describe, expect, test } from 'vitest';
import type { HttpSource } from '../../contracts/index.js';
import { type ReadList, readList } from '../support/resolved.js';

type Name = HttpSource['format'];

/** `+` the server blocks the name, `-` it does not: measured on BIND 9.18.49, Unbound 1.17.1 and dnsmasq 2.90, 2026-11-27. */
const asked = (verdicts: string) => verdicts.split(' ').map((verdict) => [verdict.slice(1), verdict.startsWith('+')] as const);
const expectVerdicts = (read: ReadList, verdicts: string) => {
  for (const [name, blocked] of asked(verdicts)) expect([name, read.blocks(name)]).toEqual([name, blocked]);
};
const SOA = '@ IN SOA localhost. root.localhost. 1 2 3 4 5';

describe('a response policy zone', () => {
  test.each<[string, string[], string]>([
    ['a name alone', [SOA, 'n.example CNAME .'], '+n.example -x.n.example'],
    ['a name and what is below', [SOA, 'n.example CNAME .', '*.n.example CNAME .'], '+n.example +x.n.example'],
    ['in the other order, apart', [SOA, '*.n.example CNAME .', 'm.example CNAME .', 'n.example CNAME .'], '+n.example +x.n.example +m.example'],
    ['a name whose subdomains pass', [SOA, 'n.example CNAME .', '*.n.example CNAME rpz-passthru.'], '+n.example -x.n.example'],
    ['an exception below', [SOA, 'p.example CNAME .', '*.p.example CNAME .', 'q.p.example CNAME rpz-passthru.'], '+p.example -q.p.example +y.p.example'],
    ['an exception of all below', [SOA, 'p.example CNAME .', '*.p.example CNAME .', '*.q.p.example CNAME rpz-passthru.'], '+p.example -q.p.example -x.q.p.example +z.p.example'],
    [
      'a block below an exception',
      [SOA, 'n.example CNAME .', '*.n.example CNAME .', 'p.n.example CNAME rpz-passthru.', '*.p.n.example CNAME rpz-passthru.', 'q.p.n.example CNAME .'],
      '+n.example -p.n.example -x.p.n.example +q.p.n.example',
    ],
    [
      'no data, no answer, a sinkhole',
      [SOA, 'a.example CNAME *.', 'b.example CNAME rpz-drop.', 'c.example A 0.0.0.0', 'd.example AAAA ::'],
      '+a.example +b.example +c.example +d.example',
    ],
    ['the old spelling of an exception', [SOA, 'p.example CNAME .', '*.p.example CNAME .', 'a.p.example CNAME A.p.example.'], '+p.example -a.p.example'],
    ['TTL and class in either order, any case', [SOA, 'a.example 30 IN CNAME .', 'b.example in 1h30m cname .', 'C.Example\tCNAME\t.'], '+a.example +b.example +c.example'],
    ['a record in parentheses', [SOA, 'a.example 30 IN CNAME (', ' . ) ; why', 'b.example CNAME .'], '+a.example +b.example'],
    ['decimal escapes of what a name has', [SOA, 'c\\100.example CNAME .', '\\x.example CNAME .'], '+cd.example +x.example'],
  ])('%s', async (_what, list, verdicts) => expectVerdicts(await readList('rpz', list), verdicts));

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
    ['*.n.example CNAME .', 'all below a name, but not the name', 0],
    ['n.example. CNAME .', 'owner outside the zone', 0],
    ['n.example. CNAME rpz-passthru.', 'owner outside the zone', 1],
    ['32.4.3.2.1.rpz-client-ip CNAME .', 'trigger rpz-client-ip, which is of no name', 0],
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
    ['a\\999.example CNAME .', 'escaped character that no host name has', 0],
    ['$INCLUDE other.zone', 'include of another file', 0],
    ['$GENERATE 1-9 n$.example CNAME .', 'names that a server generates', 0],
    ['n.example CNAME ( .', 'parenthesis that nobody closes', 0],
  ])('refuses %s with its reason', async (row, reason, exceptions) => {
    const { entries, reasons, report, told } = await readList('rpz', ['$ORIGIN rpz.test.', SOA, row]);
    expect([entries, reasons, report.counts.exceptionsRefused + told.exceptionsRefused]).toEqual([[], [reason], exceptions]);
  });

  test('addresses are triggers that it holds, of IPv4 and IPv6, with the zone’s name or not', async () => {
    const rows = ['32.9.113.0.203.rpz-ip CNAME .', '32.8.113.0.203.rpz-ip.rpz.test. CNAME rpz-passthru.', '128.1.zz.db8.2001.rpz-ip CNAME .'];
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
    const rows = Array.from({ length: 20_000 }, (_, i) => `n${i}.example CNAME .`);
    for (const wrong of ['wrong.example CNAME ( .', 'a b c d', '$WRONG', 'wrong.example CNAME', '"']) {
      rows[10_000] = wrong;
      const { report } = await readList('rpz', [SOA, ...rows]);
      expect([wrong, report.counts.accepted, report.counts.rejects]).toEqual([wrong, 19_999, 1]);
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
  test.each<[string, string[], string]>([
    ['a zone', ['local-zone: "n.example" always_nxdomain'], '+n.example +x.n.example'],
    ['a transparent zone with data', ['local-zone: "n.example" transparent', 'local-data: "n.example A 0.0.0.0"'], '+n.example -x.n.example'],
    ['a typetransparent zone with data before it', ['local-data: "n.example A 0.0.0.0"', 'local-zone: "n.example" typetransparent'], '+n.example -x.n.example'],
    ['data alone, of IPv6 too', ['local-data: "n.example A 0.0.0.0"', 'local-data: "m.example AAAA ::"'], '+n.example -x.n.example +m.example'],
    ['a redirect with real addresses', ['local-zone: "n.example" redirect', 'local-data: "n.example A 203.0.113.9"'], '-n.example -x.n.example'],
    ['a redirect to a name', ['local-zone: "n.example" redirect', 'local-data: "n.example CNAME safe.example."'], '-n.example -x.n.example'],
    ['data before its redirect', ['local-data: "n.example A 203.0.113.9"', 'local-zone: "n.example" redirect'], '-n.example'],
    ['a static zone with real addresses', ['local-zone: "n.example" static', 'local-data: "n.example A 203.0.113.9"'], '-n.example'],
    ['a static zone with a sinkhole', ['local-zone: "n.example" static', 'local-data: "n.example A 0.0.0.0"'], '+n.example +x.n.example'],
    ['real data that its zone does not look at', ['local-zone: "n.example" always_nxdomain', 'local-data: "x.n.example A 203.0.113.1"'], '+n.example +x.n.example'],
    ['real data in a static zone', ['local-zone: "n.example" static', 'local-data: "x.n.example A 203.0.113.1"'], '+n.example -x.n.example +y.n.example'],
    [
      'zones that let pass below one that blocks',
      [
        'local-zone: "p.example" always_nxdomain',
        'local-zone: "a.p.example" transparent',
        'local-zone: "b.p.example" typetransparent',
        'local-zone: "c.p.example" inform',
        'local-zone: "d.p.example" always_transparent',
      ],
      '+p.example -a.p.example -x.a.p.example -b.p.example -c.p.example -x.c.p.example -d.p.example',
    ],
    [
      'a zone that blocks below one that lets pass',
      ['local-zone: "p.example" always_nxdomain', 'local-zone: "a.p.example" transparent', 'local-zone: "b.a.p.example" static'],
      '-a.p.example +b.a.p.example +x.b.a.p.example',
    ],
    ['nodefault is no zone', ['local-zone: "p.example" always_nxdomain', 'local-zone: "a.p.example" nodefault'], '+a.p.example +x.a.p.example'],
    ['always_transparent lets pass whatever data there is', ['local-zone: "n.example" always_transparent', 'local-data: "n.example A 0.0.0.0"'], '-n.example'],
    [
      'the last zone of a name',
      [
        'local-zone: "a.example" always_nxdomain',
        'local-zone: "a.example" always_transparent',
        'local-zone: "b.example" always_transparent',
        'local-zone: "b.example" always_nxdomain',
      ],
      '-a.example +b.example +x.b.example',
    ],
    [
      'any quoting',
      ['  local-zone:\ta.example   always_nxdomain', "local-zone: 'b.example' 'always_null'", 'local-zone:"c.example" "always_nodata"', 'local-zone:d.example. static # c'],
      '+a.example +b.example +c.example +d.example +x.d.example',
    ],
    [
      'a name that stays, and what is below it freed',
      ['local-zone: "p.example" static', 'local-zone: "n.p.example" transparent', 'local-data: "n.p.example A 0.0.0.0"'],
      '+p.example +x.p.example +n.p.example -x.n.p.example',
    ],
    [
      'words on lines of their own, statements on one line',
      ['server:', 'local-zone:', '  "a.example"', '  static', 'local-zone: "b.example" static local-zone: "c.example" deny'],
      '+a.example +b.example +c.example',
    ],
  ])('%s', async (_what, list, verdicts) => expectVerdicts(await readList('unbound', list), verdicts));

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
    expect(read.report.counts.exceptionsRefused + read.told.exceptionsRefused).toBe(exceptions);
  });
});

describe('dnsmasq', () => {
  test.each<[string, string[], string]>([
    [
      'names, several a line, with spaces and dots',
      ['address=/a.example/b.example/0.0.0.0', '  local = /.c.example/  # why', 'server=/d.example/', 'address=/E.Example./#'],
      '+a.example +b.example +c.example +x.c.example +d.example +e.example',
    ],
    [
      'a server below a block',
      ['address=/p.example/0.0.0.0', 'server=/a.p.example/203.0.113.53#5353', 'server=/b.p.example/#'],
      '+p.example -a.p.example -x.a.p.example -b.p.example',
    ],
    ['a real address below a block', ['local=/p.example/', 'address=/a.p.example/203.0.113.9', 'host-record=b.p.example,203.0.113.9'], '+p.example -a.p.example -b.p.example'],
    ['a block below an exception', ['address=/p.example/#', 'server=/a.p.example/#', 'address=/b.a.p.example/#'], '+p.example -a.p.example +b.a.p.example'],
    [
      'a sinkhole beside a server of the name',
      ['address=/a.example/0.0.0.0', 'server=/a.example/203.0.113.53', 'server=/b.example/#', 'address=/b.example/#'],
      '+a.example +x.a.example +b.example',
    ],
    ['no address beside a server of the name', ['address=/a.example/', 'server=/a.example/#', 'local=/b.example/', 'server=/b.example/#'], '-a.example -b.example'],
    ['both families', ['address=/a.example/::', 'address=/a.example/0.0.0.0'], '+a.example +x.a.example'],
    ['records of a name alone, several names', ['host-record=a.example,b.example,0.0.0.0,::,300'], '+a.example +b.example -x.a.example'],
    ['a name alone', ['address=/a.example/', 'server=/*.a.example/#'], '+a.example -x.a.example'],
    ['another name than that of the line before', ['address=/a.example/', 'server=/*.b.example/#'], '+a.example +x.a.example -b.example'],
    ['an exception of a name alone', ['address=/p.example/', 'server=/a.p.example/#', 'address=/*.a.p.example/'], '+p.example -a.p.example +x.a.p.example'],
    ['a name below which all is free', ['address=/p.example/', 'address=/a.p.example/', 'server=/*.a.p.example/#'], '+p.example +x.p.example +a.p.example -x.a.p.example'],
    ['a wildcard beside its name', ['address=/*.a.example/0.0.0.0', 'host-record=a.example,0.0.0.0'], '+a.example +x.a.example'],
  ])('%s', async (_what, list, verdicts) => expectVerdicts(await readList('dnsmasq', list), verdicts));

  test.each([
    ['address=/a.example/203.0.113.1', 'address is no sinkhole', 0],
    ['server=/a.example/203.0.113.53', 'name that is sent to another server', 0],
    ['address=/a.example/::', 'addresses of IPv6 alone', 0],
    ['address=/*.a.example/0.0.0.0', 'all below a name, but not the name', 0],
    ['address=/*a.example/0.0.0.0', 'wildcard in the host', 0],
    ['server=/*.a.example/#', 'exception, all below a name, but not the name', 1],
    ['address=/#/0.0.0.0', 'every name there is', 0],
    ['cname=a.example,b.example', 'line that blocks no name', 0],
    ['conf-file=/etc/other', 'line that blocks no name', 0],
    ['host-record=a.example', 'record without a name or an address', 0],
  ])('refuses %s with its reason', async (row, reason, exceptions) => {
    const { entries, reasons, report, told } = await readList('dnsmasq', [row]);
    expect([entries, reasons, report.counts.exceptionsRefused + told.exceptionsRefused]).toEqual([[], [reason], exceptions]);
  });
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
