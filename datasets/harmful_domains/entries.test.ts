import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breaks } from '../../contracts/rules.js';
import { STEVENBLACK, testWithSharedData } from '../../test/support/shared-data.js';
import { findDataset } from '../index.js';
import { splitLines } from '../shared/lines.js';
import { classify, classifyUrl } from './entries.js';
import { parseBody } from './formats/index.js';

const show = (name: string, scope: 'exact' | 'subtree' = 'exact'): string => {
  const classified = classify(name, scope);
  if (classified.kind === 'entry') return `${classified.entry.type} ${classified.entry.name} ${classified.entry.scope}`;
  return classified.kind === 'reject' ? `reject: ${classified.reason}` : 'ignored';
};

describe('classify', () => {
  test.each([
    ['Ads.Example.COM', 'domain ads.example.com exact'],
    ['ads.example.com.', 'domain ads.example.com exact'],
    ['_dmarc.example.com', 'domain _dmarc.example.com exact'],
    ['bücher.example', 'domain xn--bcher-kva.example exact'],
    ['malware.zz-unknown-top', 'domain malware.zz-unknown-top exact'],
    ['130.211.230.53', 'ip 130.211.230.53 exact'],
    ['0x7f.1', 'ip 127.0.0.1 exact'],
    ['017700000001', 'ip 127.0.0.1 exact'],
    ['2130706433', 'ip 127.0.0.1 exact'],
    ['10.1', 'ip 10.0.0.1 exact'],
    ['2001:DB8::1', 'ip 2001:db8::1 exact'],
    ['fe80::1%lo0', 'ip fe80::1 exact'],
    ['0.0.0.0', 'ignored'],
    ['::', 'ignored'],
    ['localhost', 'reject: single label'],
    ['co.uk', 'reject: public suffix'],
    ['example.c_m', 'reject: underscore in the top level'],
    ['a..example', 'reject: empty label'],
    ['', 'reject: empty name'],
    ['-dash.example', 'domain -dash.example exact'],
    ['Dash-.-x-.example.', 'domain dash-.-x-.example exact'],
    ['-.example', 'domain -.example exact'],
    ['a.-example', 'reject: hyphen at an end of the top level'],
    ['a.example-', 'reject: hyphen at an end of the top level'],
    ['name.za', 'domain name.za exact'],
    ['255.255.255.255', 'ip 255.255.255.255 exact'],
    ['256.1.1.1', 'reject: numeric top level'],
    ['01.2.3.4', 'ip 1.2.3.4 exact'],
    ['1.2.3.4.', 'ip 1.2.3.4 exact'],
    ['1.2.3', 'ip 1.2.0.3 exact'],
    ['1.2.3.4.5', 'reject: numeric top level'],
    ['user@example.com', 'reject: character that no host name has'],
    ['example.com/path', 'reject: character that no host name has'],
    ['999.999.999.999', 'reject: numeric top level'],
    [`${'a'.repeat(64)}.example`, 'reject: label longer than 63 characters'],
    [`${'a.'.repeat(126)}example`, 'reject: longer than 253 characters'],
  ])('%s is %s', (name, expected) => expect(show(name)).toBe(expected));

  test('a name has 253 characters at most, 255 octets on the wire, whether or not it covers what is below', () => {
    const nameOf = (characters: number) => `${'a'.repeat(characters - 191)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`;
    for (const scope of ['exact', 'subtree'] as const) {
      for (const kept of [251, 252, 253]) expect(show(nameOf(kept), scope)).toBe(`domain ${nameOf(kept)} ${scope}`);
      expect(show(`${nameOf(253)}.`, scope)).toBe(`domain ${nameOf(253)} ${scope}`);
      for (const refused of [`${nameOf(254)}`, `${nameOf(254)}.`]) expect(show(refused, scope)).toBe('reject: longer than 253 characters');
    }
  });

  test('a private public suffix stands only for itself, whatever the form said', () => {
    expect(show('github.io', 'subtree')).toBe('domain github.io exact');
    expect(show('hopto.org', 'subtree')).toBe('domain hopto.org exact');
    expect(show('somebody.github.io', 'subtree')).toBe('domain somebody.github.io subtree');
  });

  test('keeps nothing that Silver would set aside for its characters', () => {
    const characters = findDataset('harmful_domains').rules.filter(({ field }) => field === 'name');
    expect(characters.map(({ kind }) => kind)).toEqual(['notNull', 'maxLength', 'matches']);
    const name = fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/), { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(fc.oneof(name, fc.ipV4Extended(), fc.ipV6(), fc.domain()), (text) => {
        const classified = classify(text, 'exact');
        if (classified.kind !== 'entry') return;
        for (const rule of characters) expect(breaks(rule, { name: classified.entry.name }, 0), classified.entry.name).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('never throws, and what it accepts it accepts again unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4Extended(), fc.ipV6()), (text) => {
        const classified = classify(text, 'exact');
        if (classified.kind !== 'entry') return;
        const again = classify(classified.entry.name, classified.entry.scope);
        expect(again).toEqual(classified);
      }),
      { numRuns: 2_000 },
    );
  });
});

async function* chunked(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function parse(text: string | Uint8Array, size = 7) {
  const entries: string[] = [];
  const { counts, rejectSamples } = await parseBody('hosts', chunked(text, size), (entry, line) => entries.push(`${line} ${entry.type} ${entry.name}`));
  return { entries, counts, rejectSamples };
}

describe('classifyUrl', () => {
  const shown = (url: string) => {
    const classified = classifyUrl(url);
    return classified.kind === 'entry' ? `${classified.entry.type} ${classified.entry.name}` : classified.kind === 'reject' ? `reject: ${classified.reason}` : 'ignored';
  };
  test.each([
    ['http://bad.example/a/b?c', 'domain bad.example'],
    ['https://BAD.example:8443/', 'domain bad.example'],
    ['http://203.0.113.9:8080/x.sh', 'ip 203.0.113.9'],
    ['http://0x7f.1/x', 'ip 127.0.0.1'],
    ['http://[2001:db8::1]/x', 'ip 2001:db8::1'],
    ['https://github.com/u/r/raw/x.exe#frag', 'url https://github.com/u/r/raw/x.exe'],
    ['https://storage.googleapis.com/bucket/x', 'url https://storage.googleapis.com/bucket/x'],
    ['https://s3.amazonaws.com/bucket/x', 'url https://s3.amazonaws.com/bucket/x'],
    ['https://somebody.github.io/x', 'domain somebody.github.io'],
    ['https://github.com/', 'reject: a host that many share'],
    ['http://good.example@bad.example/', 'reject: user information in a URL'],
    ['http://user:pass@bad.example/', 'reject: user information in a URL'],
    ['ftp://bad.example/x', 'reject: not an http or https URL'],
    ['javascript:alert(1)', 'reject: not an http or https URL'],
    ['http://', 'reject: not a valid URL'],
    ['http://co.uk/x', 'reject: public suffix'],
    [`https://github.com/${'a'.repeat(2048)}`, 'reject: URL longer than 2048 characters'],
  ])('%s is %s', (url, expected) => expect(shown(url)).toBe(expected));

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((s) => `http://${s}`),
        ),
        (text) => void classifyUrl(text),
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a hosts file', () => {
  test('may hold several names a row, tabs, inline comments, and the machine’s own rows', async () => {
    const { entries, counts, rejectSamples } = await parse(
      '# head\n127.0.0.1 localhost\nfe80::1%lo0 localhost\n0.0.0.0\ta.example b.example # why\n::1 c.example\n10.0.0.1 mapped.example\nnot a row\n0.0.0.0\n',
    );
    expect(entries).toEqual(['4 domain a.example', '4 domain b.example', '5 domain c.example']);
    expect(counts).toMatchObject({ lines: 8, comments: 1, boilerplate: 2, rows: 5, names: 6, accepted: 3, rejects: 3, ignored: 0 });
    expect(rejectSamples).toEqual(['6: address is no sinkhole: mapped.example', '7: row does not begin with an address: not a row', '8: address without a name: 0.0.0.0']);
  });

  test.each(['\n', '\r\n', '\r'])('may end its lines with %j', async (end) => {
    expect((await parse(['0.0.0.0 a.example', '0.0.0.0 b.example'].join(end))).entries).toEqual(['1 domain a.example', '2 domain b.example']);
  });

  test('may begin with a byte order mark', async () => {
    expect((await parse('\ufeff0.0.0.0 a.example\n')).entries).toEqual(['1 domain a.example']);
  });

  test('with control bytes or invalid UTF-8 in a name gives rejects whose samples are escaped', async () => {
    const { counts, rejectSamples } = await parse(Buffer.concat([Buffer.from('0.0.0.0 a\u0007b.example\n0.0.0.0 '), Buffer.from([0xff, 0xfe]), Buffer.from('.example\n')]));
    expect(counts.rejects).toBe(2);
    expect(rejectSamples[0]).toBe('1: character that no host name has: a\\u0007b.example');
  });

  test('with a line of 5 MiB gives one reject, and goes on', async () => {
    const { entries, counts } = await parse(`0.0.0.0 ${'x'.repeat(5 * 1024 * 1024)}.example\n0.0.0.0 a.example\n`, 65_536);
    expect(entries).toEqual(['2 domain a.example']);
    expect(counts.rejects).toBe(1);
  });

  test('is read the same however its bytes are cut, and every line and name is accounted for', async () => {
    const row = fc.oneof(
      fc.string(),
      fc.domain().map((d) => `0.0.0.0 ${d}`),
      fc.constant('# note'),
      fc.constant(''),
      fc.constant('0.0.0.0 0.0.0.0'),
      fc.constant('127.0.0.1 localhost'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.constantFrom('\n', '\r\n', '\r'), fc.integer({ min: 1, max: 50 }), async (rows, end, size) => {
        const text = rows.join(end);
        const cut = await parse(text, size);
        expect(cut).toEqual(await parse(text, 1_000_000));
        const { lines, comments, boilerplate, rows: counted, names, accepted, rejects, ignored } = cut.counts;
        expect(lines).toBe(comments + boilerplate + counted);
        expect(names).toBe(accepted + rejects + ignored);
      }),
      { numRuns: 200 },
    );
  });

  testWithSharedData('of StevenBlack holds exactly 55,980 domains and 2 addresses', async () => {
    const keys = new Set<string>();
    const report = await parseBody('hosts', createReadStream(STEVENBLACK).pipe(createGunzip()), ({ type, name, scope }) => keys.add(`${type} ${name} ${scope}`));
    expect([...keys].filter((key) => key.startsWith('domain '))).toHaveLength(55_980);
    expect([...keys].filter((key) => key.startsWith('ip '))).toEqual(['ip 130.211.230.53 exact', 'ip 85.17.187.83 exact']);
    expect(report.counts).toMatchObject({ boilerplate: 13, rejects: 1, ignored: 1 });
    expect(report.rejectSamples).toEqual(['44905: single label: collectionofbestporn']);
    for (const name of ['hopto.org', 'zapto.org', 'redirectme.net']) expect(keys).toContain(`domain ${name} exact`);
  });
});

describe('lines', () => {
  /** What the splitter must do, byte by byte. */
  function reference(text: string): string[] {
    const lines = text.split(/\r\n|\n|\r/);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  test('are the same however the bytes are cut', async () => {
    const piece = fc.constantFrom('a', 'é', '\u{1f600}', '\r', '\n', '\r\n', '', '#');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), async (pieces, size) => {
        const text = pieces.join('');
        const lines: string[] = [];
        for await (const line of splitLines(chunked(text, size))) {
          expect(line.number).toBe(lines.length + 1);
          lines.push(line.text);
        }
        expect(lines).toEqual(reference(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test('a million blank ones are a million lines', async () => {
    let count = 0;
    for await (const { text } of splitLines(chunked('\n'.repeat(1_000_000), 65_536))) count += text === '' ? 1 : 0;
    expect(count).toBe(1_000_000);
  });
});
