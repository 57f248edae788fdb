import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SHARED_DATA, testWithSharedData } from '../../test/support/shared-data.js';
import { categoryOf, enrich, normaliseTags } from './enrich.js';
import { classify } from './entries.js';

describe('what a name says by itself', () => {
  test.each([
    ['a.b.example.com', 'com', 'example.com'],
    ['a.b.co.uk', 'co.uk', 'b.co.uk'],
    ['foo.github.io', 'github.io', 'foo.github.io'],
    ['github.io', 'github.io', null],
    ['malware.zz-unknown-top', 'zz-unknown-top', 'malware.zz-unknown-top'],
  ])('%s stands under %s, registrable is %s', (name, suffix, registrable) => {
    expect(enrich('domain', name)).toMatchObject({ public_suffix: suffix, registrable_domain: registrable, unicode_name: null, mixed_script: false, confusable: false });
  });

  test('of a URL it is the host, of an address nothing', () => {
    expect(enrich('url', 'https://github.com/u/r')).toMatchObject({ public_suffix: 'com', registrable_domain: 'github.com' });
    expect(enrich('ip', '203.0.113.9')).toEqual({ public_suffix: null, registrable_domain: null, unicode_name: null, mixed_script: false, confusable: false });
  });

  test.each([
    ['bücher.example', false, false],
    ['аpple.example', true, true],
    ['аррӏе.example', false, true],
    ['日本語ぁテスト.example', false, false],
    ['пример.example', false, false],
    ['ελleda.example', true, false],
    ['a.пример.example', false, false],
  ])('%s: mixed script %s, confusable %s', (unicode, mixed, confusable) => {
    expect(enrich('domain', domainToASCII(unicode))).toMatchObject({ unicode_name: unicode, mixed_script: mixed, confusable });
  });

  // The library and the list agree on all of them.
  testWithSharedData("the public suffix list's 78 vectors", () => {
    const text = readFileSync(join(SHARED_DATA, 'psl', 'test_psl.txt'), 'utf8');
    const vectors = [...text.matchAll(/^checkPublicSuffix\((?:null|'([^']*)'), (?:null|'([^']*)')\);/gm)];
    expect(vectors).toHaveLength(78);
    for (const [line, input, wanted] of vectors) {
      const classified = input === undefined ? null : classify(input, 'exact');
      const found = classified?.kind === 'entry' ? enrich(classified.entry.type, classified.entry.name).registrable_domain : null;
      expect(found, line).toBe(wanted === undefined ? null : domainToASCII(wanted));
    }
  });
});

test("a source's own words decide the category where they are known, and are comparable", () => {
  expect(categoryOf('malware', ['elf', 'botnet_cc'])).toBe('botnet');
  expect(categoryOf('botnet', ['Malware_Download'])).toBe('malware');
  expect(categoryOf('unified', ['__proto__', 'constructor'])).toBe('unified');
  expect(categoryOf('unified', undefined)).toBe('unified');
  expect(normaliseTags(['X Loader', 'elf', 'ELF', ' '])).toEqual(['elf', 'x_loader']);
  expect(normaliseTags([])).toBeNull();
});
