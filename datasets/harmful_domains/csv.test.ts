import { parse as csvParse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../../test/support/ingest-fakes.js';
import { plainFields } from './formats/csv-rows.js';
import { BodyParser } from './formats/index.js';
import type { FormatOptions } from './formats/parsed.js';

type CsvFormat = 'urlhaus_csv' | 'threatfox_csv' | 'phishtank_csv' | 'majestic_csv' | 'sluice_csv';

function read(format: CsvFormat | 'ranked_csv', lines: readonly string[], options: FormatOptions = {}) {
  const entries: string[] = [];
  const details: unknown[] = [];
  const parser = new BodyParser(
    format,
    ({ type, name, scope }, line, said) => {
      entries.push(`${line} ${type} ${name} ${scope}`);
      details.push(said);
    },
    options,
  );
  parser.push(Buffer.from(lines.join('\n')));
  return { entries, details, report: parser.end() };
}

const quoted = (fields: readonly string[]): string => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');

/** A row of each format, by the names of its header, as its publisher writes them. */
const ROWS: Readonly<Record<CsvFormat, { readonly row: Readonly<Record<string, string>>; readonly hash: boolean; readonly needs: readonly string[] }>> = {
  urlhaus_csv: {
    row: {
      id: '3',
      dateadded: '2026-01-31 12:00:05',
      url: 'http://a.example/x.sh',
      url_status: 'online',
      last_online: '',
      threat: 'malware_download',
      tags: 'elf,mirai',
      urlhaus_link: 'https://urlhaus.abuse.ch/url/3/',
      reporter: 'r',
    },
    hash: true,
    needs: ['url'],
  },
  threatfox_csv: {
    row: {
      first_seen_utc: '2026-01-31 12:00:05',
      ioc_id: '1',
      ioc_value: 'a.example',
      ioc_type: 'domain',
      threat_type: 'botnet_cc',
      fk_malware: 'win.x',
      malware_alias: 'None',
      malware_printable: 'X Loader',
      last_seen_utc: '',
      confidence_level: '75',
      is_compromised: 'False',
      reference: 'https://reference.example/1',
      tags: 'c2,x',
      anonymous: '0',
      reporter: 'r',
    },
    hash: true,
    needs: ['ioc_value', 'ioc_type'],
  },
  phishtank_csv: {
    row: {
      phish_id: '1',
      url: 'https://a.example/x',
      phish_detail_url: 'https://www.phishtank.com/phish_detail.php?phish_id=1',
      submission_time: '2026-01-31T12:00:05+00:00',
      verified: 'yes',
      verification_time: '2026-01-31T13:00:00+00:00',
      online: 'yes',
      target: 'A Bank, Inc.',
    },
    hash: false,
    needs: ['url'],
  },
  majestic_csv: {
    row: { GlobalRank: '1', TldRank: '1', Domain: 'a.example', TLD: 'example', RefSubNets: '9', RefIPs: '9' },
    hash: false,
    needs: ['GlobalRank', 'Domain'],
  },
  sluice_csv: {
    row: {
      entry_type: 'domain',
      name: 'a.example',
      scope: 'subtree',
      confidence: '0.9000',
      categories: 'malware;phishing',
      sources: 's',
      first_seen: '2026-01-31T12:00:05.000Z',
      last_changed_at: '',
    },
    hash: false,
    needs: ['entry_type', 'name', 'scope'],
  },
};
const FORMATS = Object.keys(ROWS) as CsvFormat[];
const NEEDS = FORMATS.flatMap((format) => ROWS[format].needs.map((name) => [format, name] as const));

function bodyOf(format: CsvFormat, names: readonly string[]): string[] {
  const { row, hash } = ROWS[format];
  return [`${hash ? '# ' : ''}${names.join(',')}`, quoted(names.map((name) => row[name] ?? '?'))];
}

describe('columns', () => {
  test.each(FORMATS)('of %s are found by the names of the header, in any order, with columns more or fewer', (format) => {
    const names = Object.keys(ROWS[format].row);
    const asDocumented = read(format, bodyOf(format, names));
    expect([asDocumented.entries.length, asDocumented.report.refusal]).toEqual([1, null]);
    const byPosition = read(format, bodyOf(format, names).slice(1));
    expect(byPosition.details).toEqual(asDocumented.details);
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), fc.nat(names.length), (shuffled, place) => {
        const changed = read(format, bodyOf(format, [...shuffled.slice(0, place), 'new_column', ...shuffled.slice(place)]));
        expect([changed.entries, changed.details]).toEqual([asDocumented.entries, asDocumented.details]);
      }),
      { numRuns: 100 },
    );
    const { needs } = ROWS[format];
    expect(read(format, bodyOf(format, [...needs, ...names.filter((name) => !needs.includes(name)).slice(0, 1)])).entries).toEqual(asDocumented.entries);
  });

  test('of ThreatFox in 2026 have is_compromised in their middle: tags are tags, and no reference', () => {
    const names = Object.keys(ROWS.threatfox_csv.row);
    const tags = ['botnet_cc', 'X Loader', 'c2', 'x'];
    const without = names.filter((name) => name !== 'is_compromised');
    expect(names.indexOf('is_compromised')).toBe(10);
    for (const columns of [names, without]) {
      for (const body of [bodyOf('threatfox_csv', columns), bodyOf('threatfox_csv', columns).slice(1)])
        expect(read('threatfox_csv', body).details, `${columns.length} columns`).toEqual([{ listed_at: '2026-01-31T12:00:05.000Z', tags }]);
    }
    const real = [
      '################################################################',
      '# ThreatFox IOCs: recent additions - CSV format                #',
      '# Terms Of Use: https://threatfox.abuse.ch/faq/#tos            #',
      '#',
      '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"',
      '"2026-09-24 09:30:35", "1932212", "https://a.example/", "url", "payload_delivery", "unknown", "None", "Unknown malware", "", "90", "False", "https://reference.example/", "ClickFix", "0", "r"',
      '# Number of entries: 1',
    ];
    const { entries, details, report } = read('threatfox_csv', real);
    expect(entries).toEqual(['6 domain a.example exact']);
    expect(details).toEqual([{ listed_at: '2026-09-24T09:30:35.000Z', tags: ['payload_delivery', 'Unknown malware', 'ClickFix'] }]);
    expect([report.claimedEntries, report.counts.comments]).toEqual([1, 6]);
  });

  test.each(NEEDS)('of %s without %s refuse the body, and give no entry', (format, missing) => {
    const names = Object.keys(ROWS[format].row).filter((name) => name !== missing);
    const { entries, report } = read(format, bodyOf(format, names));
    expect(entries).toEqual([]);
    expect(report.refusal).toBe(`its header (line 1) has no column ${missing.toLowerCase()}: has the list changed its columns?`);
    expect(report.counts).toMatchObject({ accepted: 0, rejects: 1 });
  });

  test('that a shortened header does not name stand as documented', () => {
    const body = bodyOf('urlhaus_csv', Object.keys(ROWS.urlhaus_csv.row));
    expect(read('urlhaus_csv', ['# id,dateadded,url', ...body.slice(1)]).details).toEqual(read('urlhaus_csv', body).details);
    expect(read('urlhaus_csv', ['id,dateadded,url', '1,2026-01-31 12:00:05,http://a.example/']).entries).toEqual(['2 domain a.example exact']);
  });

  test.each([
    ['origin,visits', 'rank or globalrank or position'],
    ['rank,tld', 'domain or origin or host or hostname or name or site'],
  ])('of a ranked list with the header %s refuse the body', (header, missing) => {
    const { entries, report } = read('ranked_csv', [header, 'https://a.example,1000', '1,a.example']);
    expect([entries, report.refusal]).toEqual([[], `its header (line 1) has no column ${missing}: has the list changed its columns?`]);
    expect(report.counts).toMatchObject({ boilerplate: 1, rejects: 2 });
    expect(read('ranked_csv', ['rank,tld_rank,host', '7,1,a.example']).entries).toEqual(['2 domain a.example exact']);
    expect(read('ranked_csv', ['host,rank', 'a.example,7']).entries).toEqual(['2 domain a.example exact']);
  });

  test('named twice refuse the body too', () => {
    const names = Object.keys(ROWS.urlhaus_csv.row);
    expect(read('urlhaus_csv', bodyOf('urlhaus_csv', [...names, 'url'])).report.refusal).toBe('its header (line 1) names the column url twice: has the list changed its columns?');
  });

  test('are not taken from prose, nor from a row', () => {
    const { row } = ROWS.urlhaus_csv;
    const rows = ['# url, tags and threat of each entry, as reporters gave them, in no order', quoted(Object.values({ ...row, tags: 'url,tags,threat' }))];
    expect(read('urlhaus_csv', rows)).toMatchObject({ entries: ['2 domain a.example exact'], report: { refusal: null } });
  });

  test('a body whose header lacks one is set aside with the reason, and cannot be released', async () => {
    const world = new World();
    const deps = fakeDeps(world);
    const source = { ...deps.source, format: 'urlhaus_csv' as const };
    world.body = bodyOf('urlhaus_csv', ['id', 'dateadded', 'url_status', 'threat', 'tags']).join('\n');
    const check = await run({ source: source.name }, { ...deps, source });
    const reason = 'its header (line 1) has no column url: has the list changed its columns?';
    expect([check.outcome, check.reason, world.sent('harmful_domains')]).toEqual(['refused', reason, []]);
    const released = await run({ event: 'release', source: source.name, sha256: String(check.body_sha256) }, { ...deps, source });
    expect([released.outcome, released.reason]).toEqual(['refused', reason]);
  });
});

describe('rows', () => {
  const row = (url: string, reporter = 'r') => quoted(Object.values({ ...ROWS.urlhaus_csv.row, url, reporter }));

  test('may go on over lines within quotes; every line is accounted for, and the entry has the first', () => {
    const { entries, report } = read('urlhaus_csv', [row('http://a.example/'), row('http://b.example/', 'r\n# no comment\n\nend'), row('http://c.example/')]);
    expect(entries).toEqual(['1 domain a.example exact', '2 domain b.example exact', '6 domain c.example exact']);
    expect(report.counts).toMatchObject({ lines: 6, rows: 3, boilerplate: 3, comments: 0, rejects: 0 });
  });

  test('with a quote that nobody closes cost one line, wherever they stand', () => {
    const bad = '"9","2026-01-31 12:00:05","http://x.example/';
    const good = Array.from({ length: 200 }, (_, i) => row(`http://n${i}.example/`));
    for (const place of [0, 1, 50, 199, 200]) {
      const { entries, report } = read('urlhaus_csv', [...good.slice(0, place), bad, ...good.slice(place)]);
      expect([entries.length, report.counts.rejects, report.rejectSamples[0]]).toEqual([200, 1, `${place + 1}: row that is not CSV: ${bad.replaceAll('"', '\\"')}`]);
    }
    const every = good.flatMap((each) => [bad, each]);
    const { entries, report } = read('urlhaus_csv', every);
    expect([entries.length, report.counts.rejects, report.counts.lines]).toEqual([200, 200, 400]);
  });

  test('cut by hand are what csv-parse makes of them', () => {
    const field = fc.stringMatching(/^[a-z ,:/.\t'#-]{0,8}$/);
    const line = fc.oneof(
      fc.array(fc.stringMatching(/^[a-z :/.\t'#-]{0,8}$/), { minLength: 1, maxLength: 5 }).map((fields) => fields.join(',')),
      fc.tuple(fc.array(field, { minLength: 1, maxLength: 5 }), fc.constantFrom(',', ', ')).map(([fields, comma]) => fields.map((each) => `"${each}"`).join(comma)),
      fc.array(fc.constantFrom('"', ',', ' ', 'a', '""', '","', '", "'), { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    let cut = 0;
    fc.assert(
      fc.property(line, (text) => {
        fc.pre(text.trim() !== '');
        const fields = plainFields(text);
        if (fields === null) return;
        cut++;
        expect(csvParse(text, { ltrim: true, rtrim: true, relax_column_count: true })).toEqual([fields]);
      }),
      { numRuns: 5_000 },
    );
    expect(cut).toBeGreaterThan(2_000);
  });

  test('of a ranked list end at its top: what is below is counted, and not read', () => {
    const lines = ['GlobalRank,TldRank,Domain', '1,1,a.example', '2,2,b.example', '3,3,c.example', '"rubbish', '', '1,1,d.example'];
    const { entries, report } = read('majestic_csv', lines, { top: 2 });
    expect(entries).toEqual(['2 domain a.example exact', '3 domain b.example exact']);
    expect(report.counts).toMatchObject({ lines: 7, boilerplate: 1, comments: 1, rows: 5, accepted: 2, ignored: 3, rejects: 0 });
    expect(read('majestic_csv', ['x,1,a.example']).report.rejectSamples).toEqual(['1: rank that is no number: x,1,a.example']);
  });

  test('of our own CSV block or allow, and block where the column is missing; what else they do is refused', () => {
    const { entries, details, report } = read('sluice_csv', [
      'entry_type,name,scope,confidence,categories,sources,first_seen,last_changed_at,action',
      'domain,a.example,exact,1,,s,,,block',
      'domain,b.example,subtree,1,,s,,,allow',
      'url,https://c.example/x,exact,1,,s,,,allow',
      'domain,d.example,exact,1,,s,,,',
      'domain,e.example,exact,1,,s,,,perhaps',
      'domain,f.example,wide,1,,s,,,allow',
    ]);
    expect(entries).toEqual(['2 domain a.example exact', '3 domain b.example subtree', '4 url https://c.example/x exact', '5 domain d.example exact']);
    expect(details).toEqual([{}, { action: 'allow' }, { action: 'allow' }, {}]);
    expect(report.rejectSamples.map((sample) => sample.split(': ').slice(0, 2))).toEqual([
      ['6', 'neither block nor allow'],
      ['7', 'neither domain, ip nor url, exact or subtree'],
    ]);
    expect(report.counts.exceptionsRefused).toBe(1);
  });
});
