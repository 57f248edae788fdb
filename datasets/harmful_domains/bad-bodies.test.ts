import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../../test/support/parsed-body.js';
import { LIST_FORMATS } from './formats/format-names.js';

describe('no body, however bad,', () => {
  const HOSTILE: [string, string | Uint8Array][] = [
    ['NUL and control bytes', 'a\u0000b.example\n||a\u001b[31m.example^\n0.0.0.0 a\u0007.example\n'],
    ['invalid UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x65, 0x0a, 0xc3])],
    ['UTF-16', Buffer.from('\ufeff0.0.0.0 a.example\n||a.example^\n', 'utf16le')],
    ['HTML', '<!DOCTYPE html>\n<html><body>Service unavailable</body></html>\n'],
    ['a line of 5 MiB', `${'x'.repeat(5 * 1024 * 1024)}\n`],
    ['nothing', ''],
    ['quotes that never end', '"1","2026-01-31 12:00:05","http://a.example/\n"'],
  ];

  test.each(HOSTILE)('%s makes a parser throw, or gives an entry', async (_name, body) => {
    for (const format of LIST_FORMATS) {
      const { entries, report } = await parse(format, body);
      expect(entries, format).toEqual([]);
      const { lines, comments, boilerplate, rows, names, accepted, rejects, ignored } = report.counts;
      if (format !== 'allow_deny_json') expect(lines, format).toBe(comments + boilerplate + rows);
      expect(names, format).toBe(accepted + rejects + ignored);
      for (const sample of report.rejectSamples) expect(sample, format).not.toMatch(/\p{Cc}/u);
    }
  });

  test('makes a parser throw: a property over every format', async () => {
    const fragment = fc.constantFrom(
      '||',
      '^',
      '$',
      '@@',
      '##',
      '*.',
      'zone "',
      '" { type master; };',
      'address=/',
      '/',
      'local-zone: "',
      '" always_nxdomain',
      ' CNAME .',
      '"',
      ',',
      '{',
      '}',
      'a.example',
      '203.0.113.9',
      '\n',
      '\r',
      '\t',
      '#',
      '!',
      'http://',
      '@',
      ':',
      '[',
      ']',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...LIST_FORMATS), fc.array(fc.oneof(fragment, fc.string({ maxLength: 5 })), { maxLength: 60 }), async (format, pieces) => {
        const { entries, report } = await parse(format, pieces.join(''));
        expect(report.counts.accepted).toBe(entries.length);
        expect(report.counts.names).toBe(report.counts.accepted + report.counts.rejects + report.counts.ignored);
      }),
      { numRuns: 3_000 },
    );
  });
});
