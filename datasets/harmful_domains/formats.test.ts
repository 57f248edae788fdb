import { describe, expect, test } from 'vitest';
import { parse } from '../../test/support/parsed-body.js';
import { readList } from '../../test/support/resolved.js';
import { BodyParser } from './formats/index.js';

const reasons = (samples: readonly string[]) => samples.map((sample) => sample.split(': ')[1]);

describe('each format reads its own', () => {
  test('plain: names and addresses, with comments of every kind', async () => {
    const { entries, report } = await parse('plain', '# a\n! b\n; c\n// d\nA.example\n203.0.113.9 # why\nb.example c.example\n\n');
    expect(entries).toEqual(['block domain a.example exact', 'block ip 203.0.113.9 exact']);
    expect(report.counts).toMatchObject({ lines: 8, comments: 5, rows: 3, rejects: 1 });
    expect(reasons(report.rejectSamples)).toEqual(['more than a name on the line']);
  });

  test('wildcard: *.d and all below', async () => {
    expect((await parse('wildcard', '*.a.example\nb.example\n*.203.0.113.9\n*\n')).entries).toEqual([
      'block domain a.example subtree',
      'block domain b.example exact',
      'block ip 203.0.113.9 exact',
    ]);
  });

  test('Adblock: hosts, exceptions and the options that keep the host; all else refused with its reason', async () => {
    const { entries, details, report } = await parse(
      'adblock',
      [
        '[Adblock Plus 2.0]',
        '! comment',
        '||a.example^',
        '||b.example^$third-party,important',
        '@@||c.example^',
        '||203.0.113.9^',
        '||d.example^$domain=x.example',
        '||e.example^$~third-party',
        'f.example##.ad',
        '||g.example/path',
        '||h.example',
        '/banner/*',
        '||*.i.example^',
        '||j.example^$',
        '||github.io^',
      ].join('\n'),
    );
    expect(entries).toEqual([
      'block domain a.example subtree',
      'block domain b.example subtree',
      'allow domain c.example subtree',
      'block ip 203.0.113.9 exact',
      'block domain i.example subtree',
      'block domain github.io exact',
    ]);
    expect(details[4]).toEqual({ marks: { form: '||*.N^', part: 'below' } });
    expect(details[1]).toEqual({ options: 'third-party,important' });
    expect(report.counts).toMatchObject({ comments: 2, rows: 13, accepted: 6, rejects: 7, narrowed: 1 });
    expect(reasons(report.rejectSamples)).toEqual([
      'option domain',
      'option ~third-party',
      'cosmetic rule',
      'rule of more than a host',
      'rule of more than a host',
      'rule of more than a host',
      'option of no name',
    ]);
  });

  test('RPZ: policies that block, exceptions, addresses; the zone’s own records are boilerplate', async () => {
    const { entries, report } = await parse(
      'rpz',
      [
        '$TTL 30',
        '@ IN SOA localhost. root.localhost. (',
        '  1 2 3 4 5 )',
        ' NS localhost.',
        '; comment',
        'a.example CNAME .',
        '*.b.example 300 IN CNAME . ; why',
        'c.example CNAME rpz-passthru.',
        'd.example CNAME walled.garden.example.',
        '32.9.113.0.203.rpz-ip CNAME .',
        '24.0.113.0.203.rpz-ip CNAME .',
        'e.example A 127.0.0.1',
      ].join('\n'),
    );
    expect(entries).toEqual([
      'block domain a.example exact',
      'block domain b.example subtree',
      'allow domain c.example exact',
      'block ip 203.0.113.9 exact',
      'block domain e.example exact',
    ]);
    expect(report.counts).toMatchObject({ lines: 12, comments: 1, boilerplate: 4, rows: 7, rejects: 2, exceptionsRefused: 0 });
    expect(reasons(report.rejectSamples)).toEqual(['policy that does not block', 'trigger of a network']);
  });

  test('BIND, dnsmasq and unbound: the name and all below', async () => {
    const bind = await parse(
      'bind',
      '# c\nzone "a.example" { type master; notify no; file "null"; };\nzone "b.example" IN { type primary; };\nzone "c.example" { type forward; };\nx\n',
    );
    expect(bind.entries).toEqual(['block domain a.example subtree', 'block domain b.example subtree']);
    expect(reasons(bind.report.rejectSamples)).toEqual(['zone that is not served from here', 'line that is no zone']);
    const dnsmasq = await readList(
      'dnsmasq',
      'address=/a.example/0.0.0.0\naddress=/b.example/c.example/\nserver=/d.example/\nlocal=/e.example/\nserver=/f.example/#\naddress=/g.example/203.0.113.1\nserver=/h.example/203.0.113.53\nport=53\n',
    );
    expect(dnsmasq.entries).toEqual(['a', 'b', 'c', 'd', 'e'].map((n) => `block domain ${n}.example subtree`).concat('allow domain f.example subtree'));
    expect(dnsmasq.reasons).toEqual(['line that blocks no name', 'address is no sinkhole', 'name that is sent to another server']);
    const unbound = await readList(
      'unbound',
      'server:\nlocal-zone: "a.example" always_nxdomain\nlocal-zone: "b.example." redirect # why\nlocal-data: "b.example A 0.0.0.0"\nlocal-zone: "c.example" always_transparent\nlocal-zone: "d.example" transparent\n',
    );
    expect(unbound.entries).toEqual(['block domain a.example subtree', 'block domain b.example subtree', 'allow domain c.example subtree']);
    expect([unbound.report.counts.boilerplate, unbound.reasons]).toEqual([2, ['zone type transparent does not block']]);
  });

  test('URLhaus CSV: commented header, quoted fields, when and what; a trailer that counts', async () => {
    const { entries, details, report } = await parse(
      'urlhaus_csv',
      '# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n"1","2026-01-31 12:00:05","http://bad.example/x.sh","online","","malware_download","elf,mirai","https://link.example/","r"\r\n"2","never","https://github.com/u/r/x,y.exe","offline","","malware_download","None","l","r"\r\n"3","2026-01-31 12:00:05","http://203.0.113.9/a"b","online","","t","","l","r"\r\n"4","short"\r\n# Number of entries: 4\r\n',
    );
    expect(entries).toEqual(['block domain bad.example exact', 'block url https://github.com/u/r/x,y.exe exact']);
    expect(details).toEqual([{ listed_at: '2026-01-31T12:00:05.000Z', tags: ['malware_download', 'elf', 'mirai'] }, { tags: ['malware_download'] }]);
    expect(report.claimedEntries).toBe(4);
    expect(reasons(report.rejectSamples)).toEqual(['row that is not CSV', 'row of 2 columns, not 7']);
  });

  test('ThreatFox CSV: a space after the comma; addresses with ports, hashes refused by name', async () => {
    const { entries, details, report } = await parse(
      'threatfox_csv',
      [
        '# "first_seen_utc","ioc_id","ioc_value","ioc_type"',
        '"2026-01-31 12:00:05", "1", "203.0.113.9:443", "ip:port", "botnet_cc", "win.x", "None", "X Loader", "", "100", "None", "a,b", "0", "r"',
        '"2026-01-31 12:00:05", "2", "bad.example", "domain", "botnet_cc", "win.x", "", "", "", "75", "", "", "0", "r"',
        '"2026-01-31 12:00:05", "3", "https://t.me/x", "url", "payload_delivery", "", "", "", "", "50", "", "", "0", "r"',
        '"2026-01-31 12:00:05", "4", "0123456789abcdef0123456789abcdef", "md5_hash", "payload", "", "", "", "", "50", "", "", "0", "r"',
        '"2026-01-31 12:00:05", "5", "203.0.113.9", "ip:port", "x", "", "", "", "", "50", "", "", "0", "r"',
      ].join('\n'),
    );
    expect(entries).toEqual(['block ip 203.0.113.9 exact', 'block domain bad.example exact', 'block url https://t.me/x exact']);
    expect(details[0]).toEqual({ listed_at: '2026-01-31T12:00:05.000Z', tags: ['botnet_cc', 'X Loader', 'a', 'b'] });
    expect(reasons(report.rejectSamples)).toEqual(['indicator of type md5_hash', 'not an address and a port']);
  });

  test('forms of the DNS filters that mean a name alone', async () => {
    expect((await parse('adblock', '|a.example^\n||b.example^\n@@|c.example^\n|203.0.113.9^\n')).entries).toEqual([
      'block domain a.example exact',
      'block domain b.example subtree',
      'allow domain c.example exact',
    ]);
    expect((await readList('dnsmasq', 'host-record=a.example,0.0.0.0,::\naddress=/b.example/\nhost-record=c.example,203.0.113.9\n')).entries).toEqual([
      'block domain a.example exact',
      'block domain b.example subtree',
    ]);
    const unbound = [
      'server:',
      'local-zone: "zone.example." redirect',
      'local-data: "zone.example. A 0.0.0.0"',
      'local-data: "a.example. 300 IN A 0.0.0.0"',
      'local-data: "a.example. 300 IN AAAA ::"',
      "local-data: 'real.example. A 203.0.113.9'",
    ];
    const { entries, report, repeats, reasons } = await readList('unbound', unbound);
    expect([entries, report.counts.boilerplate, repeats, reasons]).toEqual([
      ['block domain a.example exact', 'block domain zone.example subtree'],
      2,
      1,
      ['data that rewrite the name'],
    ]);
    const nested = await parse('unbound', 'local-zone: "zone.example." always_nxdomain\nlocal-data: "x.zone.example. A 0.0.0.0"\n');
    expect(nested.entries).toEqual(['block domain zone.example subtree', 'block domain x.zone.example exact']);
  });

  test('PhishTank, Majestic and our own CSV', async () => {
    const phishtank =
      'phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target\n1,https://a.example/x,d,2026-10-31T12:00:05+00:00,yes,v,yes,"A Bank, Inc."\n';
    const found = await parse('phishtank_csv', phishtank);
    expect([found.entries, found.details]).toEqual([['block domain a.example exact'], [{ listed_at: '2026-10-31T12:00:05.000Z', tags: ['A Bank', 'Inc.'] }]]);
    expect((await parse('majestic_csv', 'GlobalRank,TldRank,Domain,TLD\n1,1,a.example,example\n2,1,co.uk,uk\n')).report.counts).toMatchObject({
      boilerplate: 1,
      accepted: 1,
      rejects: 1,
    });
    const own =
      '# Title: x\nentry_type,name,scope,confidence,categories,sources,first_seen,last_changed_at\n"domain","a.example","subtree","0.9000","malware;phishing","s","2026-10-31T12:00:05.000Z",""\n"ip","203.0.113.9","exact","1","","s","",""\n"x","b.example","exact","1","","s","",""\n';
    const sluice = await parse('sluice_csv', own);
    expect([sluice.entries, sluice.report.counts.rejects]).toEqual([['block domain a.example subtree', 'block ip 203.0.113.9 exact'], 1]);
    expect(sluice.details[0]).toEqual({ listed_at: '2026-10-31T12:00:05.000Z', tags: ['malware', 'phishing'] });
  });

  test('ranked lists by their header, or as rank and name without one; an origin is its host, and the site behind its www', async () => {
    const crux = await parse(
      'ranked_csv',
      'origin,rank\nhttps://www.a.example,1000\nhttps://b.example,1000\nhttp://c.example:8080,5000\nhttps://localhost,5000\nhttps://d.example,\n',
    );
    expect(crux.entries).toEqual(['www.a.example', 'a.example', 'b.example', 'c.example'].map((name) => `block domain ${name} exact`));
    expect(crux.report.counts).toMatchObject({ boilerplate: 1, rows: 5, accepted: 4, rejects: 2 });
    expect(reasons(crux.report.rejectSamples)).toEqual(['single label', 'row without a rank']);
    expect((await parse('ranked_csv', '1,a.example\r\n2,b.example\r\n')).entries).toEqual(['block domain a.example exact', 'block domain b.example exact']);
    expect((await parse('ranked_csv', '"Rank","Domain"\n"7","a.example"\n')).entries).toEqual(['block domain a.example exact']);
    expect((await parse('ranked_csv', '<html>\n')).report.counts).toMatchObject({ accepted: 0, rejects: 1 });
  });

  test('of a ranked list no more than the contract asks for; the rest is ignored and counted', async () => {
    const parser = new BodyParser('majestic_csv', () => undefined, { top: 1 });
    parser.push(Buffer.from('GlobalRank,TldRank,Domain\n1,1,a.example\n2,2,b.example\n'));
    expect(parser.end().counts).toMatchObject({ rows: 2, accepted: 1, ignored: 1 });
    const bare = new BodyParser('ranked_csv', () => undefined, { top: 1 });
    bare.push(Buffer.from('1,a.example\n2,b.example\n'));
    expect(bare.end().counts).toMatchObject({ rows: 2, accepted: 1, ignored: 1 });
  });

  test('allow and deny as JSON, with reasons; odd keys and values are rejects', async () => {
    const body = { deny: ['a.example', { domain: '*.b.example', reason: 'phishing' }, 7], allow: ['c.example'], other: [] };
    const { entries, details, report } = await parse('allow_deny_json', `${JSON.stringify(body).slice(0, -1)},"__proto__":["d.example"]}`);
    expect(entries).toEqual(['block domain a.example exact', 'block domain b.example subtree', 'allow domain c.example exact']);
    expect(details[1]).toEqual({ reason: 'phishing' });
    expect(reasons(report.rejectSamples)).toEqual(['neither a name nor an object with domain', 'neither allow nor deny with a list', 'neither allow nor deny with a list']);
    const odd = await parse('allow_deny_json', '{"deny":[1],"allow":[1,"b d",{"domain":"a.example","until":"soon"}]}');
    expect([odd.report.counts.rejects, odd.report.counts.exceptionsRefused]).toEqual([4, 3]);
    expect((await parse('allow_deny_json', '{"deny": [')).report.counts).toMatchObject({ accepted: 0, rejects: 1 });
    expect((await parse('allow_deny_json', '[]')).report.counts.rejects).toBe(1);
  });
});
