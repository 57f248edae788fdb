/**
 * Lists with names that a server was asked for, and what it answered: `+` blocked, `-` not. Measured on BIND 9.18.49,
 * Unbound 1.17.1 and dnsmasq 2.90; test/integration/readings.test.ts asks the servers that are installed.
 */
export type Measured = [what: string, list: string[], verdicts: string];

/** The names of verdicts, and whether each is blocked. */
export const asked = (verdicts: string) => verdicts.split(' ').map((verdict) => [verdict.slice(1), verdict.startsWith('+')] as const);

export const SOA = '@ IN SOA localhost. root.localhost. 1 2 3 4 5';

export const RPZ: Measured[] = [
  ['a name alone', [SOA, 'n.example CNAME .'], '+n.example -x.n.example'],
  ['a name and what is below', [SOA, 'n.example CNAME .', '*.n.example CNAME .'], '+n.example +x.n.example'],
  ['in the other order, apart', [SOA, '*.n.example CNAME .', 'm.example CNAME .', 'n.example CNAME .'], '+n.example +x.n.example +m.example'],
  ['what is below a name, without the name', [SOA, '*.n.example CNAME .'], '-n.example +x.n.example'],
  ['a name that passes, what is below blocked', [SOA, '*.n.example CNAME .', 'n.example CNAME rpz-passthru.'], '-n.example +x.n.example'],
  [
    'a name whose subdomains pass, below a wildcard',
    [SOA, 'p.example CNAME .', '*.p.example CNAME .', 'n.p.example CNAME .', '*.n.p.example CNAME rpz-passthru.'],
    '+p.example +n.p.example -x.n.p.example +y.p.example',
  ],
  ['a name whose subdomains pass', [SOA, 'n.example CNAME .', '*.n.example CNAME rpz-passthru.'], '+n.example -x.n.example'],
  ['an exception below', [SOA, 'p.example CNAME .', '*.p.example CNAME .', 'q.p.example CNAME rpz-passthru.'], '+p.example -q.p.example +y.p.example'],
  ['an exception of all below', [SOA, 'p.example CNAME .', '*.p.example CNAME .', '*.q.p.example CNAME rpz-passthru.'], '+p.example -q.p.example -x.q.p.example +z.p.example'],
  [
    'a block below an exception',
    [SOA, 'n.example CNAME .', '*.n.example CNAME .', 'p.n.example CNAME rpz-passthru.', '*.p.n.example CNAME rpz-passthru.', 'q.p.n.example CNAME .'],
    '+n.example -p.n.example -x.p.n.example +q.p.n.example',
  ],
  ['no data, no answer, a sinkhole', [SOA, 'a.example CNAME *.', 'c.example A 0.0.0.0', 'd.example AAAA ::'], '+a.example +c.example +d.example'],
  ['the old spelling of an exception', [SOA, 'p.example CNAME .', '*.p.example CNAME .', 'a.p.example CNAME A.p.example.'], '+p.example -a.p.example'],
  ['TTL and class in either order, any case', [SOA, 'a.example 30 IN CNAME .', 'b.example in 1h30m cname .', 'C.Example\tCNAME\t.'], '+a.example +b.example +c.example'],
  ['a record in parentheses', [SOA, 'a.example 30 IN CNAME (', ' . ) ; why', 'b.example CNAME .'], '+a.example +b.example'],
  ['decimal escapes of what a name has', [SOA, 'c\\100.example CNAME .', '\\x.example CNAME .'], '+cd.example +x.example'],
];

export const UNBOUND: Measured[] = [
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
  [
    'a name that stays while what is below passes, below a block',
    ['local-zone: "p.example" static', 'local-zone: "n.p.example" transparent', 'local-data: "n.p.example A 0.0.0.0"'],
    '+p.example +n.p.example -x.n.p.example',
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
    'words on lines of their own, statements on one line',
    ['server:', 'local-zone:', '  "a.example"', '  static', 'local-zone: "b.example" static local-zone: "c.example" always_null'],
    '+a.example +b.example +c.example',
  ],
];

export const DNSMASQ: Measured[] = [
  [
    'names, several a line, with spaces and dots',
    ['address=/a.example/b.example/0.0.0.0', '  local = /.c.example/  # why', 'server=/d.example/', 'address=/E.Example./#'],
    '+a.example +b.example +c.example +x.c.example +d.example +e.example',
  ],
  ['a server below a block', ['address=/p.example/0.0.0.0', 'server=/a.p.example/127.0.0.1#1', 'server=/b.p.example/#'], '+p.example -a.p.example -x.a.p.example -b.p.example'],
  ['a real address below a block', ['local=/p.example/', 'address=/a.p.example/203.0.113.9', 'host-record=b.p.example,203.0.113.9'], '+p.example -a.p.example -b.p.example'],
  ['a block below an exception', ['address=/p.example/#', 'server=/a.p.example/#', 'address=/b.a.p.example/#'], '+p.example -a.p.example +b.a.p.example'],
  [
    'a sinkhole beside a server of the name',
    ['address=/a.example/0.0.0.0', 'server=/a.example/127.0.0.1#1', 'server=/b.example/#', 'address=/b.example/#'],
    '+a.example +x.a.example +b.example',
  ],
  ['no address beside a server of the name', ['address=/a.example/', 'server=/a.example/#', 'local=/b.example/', 'server=/b.example/#'], '-a.example -b.example'],
  ['both families', ['address=/a.example/::', 'address=/a.example/0.0.0.0'], '+a.example +x.a.example'],
  ['records of a name alone, several names', ['host-record=a.example,b.example,0.0.0.0,::,300'], '+a.example +b.example -x.a.example'],
  ['what is below a name, without the name', ['address=/*.a.example/0.0.0.0'], '-a.example +x.a.example'],
  ['what is below a name that is blocked from above', ['local=/p.example/', 'address=/*.a.p.example/'], '+p.example +a.p.example +x.a.p.example'],
  [
    'a name whose subdomains are freed',
    ['address=/a.example/', 'server=/*.a.example/#', 'address=/p.example/', 'server=/*.b.p.example/#', 'address=/c.p.example/', 'server=/*.c.p.example/#'],
    '+a.example -x.a.example +p.example +b.p.example -x.b.p.example +c.p.example -x.c.p.example',
  ],
  ['a name that is freed, its subdomains not', ['address=/p.example/', 'server=/a.p.example/#', 'address=/*.a.p.example/'], '+p.example -a.p.example +x.a.p.example'],
  ['a wildcard beside its name', ['address=/*.a.example/0.0.0.0', 'host-record=a.example,0.0.0.0'], '+a.example +x.a.example'],
];
