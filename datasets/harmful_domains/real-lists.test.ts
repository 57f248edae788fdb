import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { FormatName } from '../../test/support/parsed-body.js';
import { SHARED_DATA, testWithSharedData } from '../../test/support/shared-data.js';
import { parseBody } from './formats/index.js';

describe('the real lists', () => {
  const read = async (format: FormatName, file: string) => {
    const names = new Set<string>();
    const found: { type: string; options: boolean; allow: boolean }[] = [];
    const path = join(SHARED_DATA, 'blocklists', file);
    const bytes = file.endsWith('.gz') ? createReadStream(path).pipe(createGunzip()) : createReadStream(path);
    const report = await parseBody(format, bytes, ({ type, name }, _line, { action, options }) => {
      if (action !== 'allow') names.add(name);
      found.push({ type, options: options !== undefined, allow: action === 'allow' });
    });
    return { names, found, report };
  };

  testWithSharedData('ten forms of one feed hold the same 2,689 names, or 25,768 with addresses', async () => {
    const folder = 'urlhaus-filter-2025-07';
    const reference = (await read('hosts', `${folder}/hosts.txt.gz`)).names;
    expect(reference.size).toBe(2_689);
    const sixForms: [FormatName, string][] = [
      ['rpz', 'rpz.conf'],
      ['bind', 'bind.conf'],
      ['unbound', 'unbound.conf'],
      ['dnsmasq', 'dnsmasq.conf'],
      ['wildcard', 'dnscrypt-blocked-names.txt'],
    ];
    for (const [format, file] of sixForms) expect((await read(format, `${folder}/${file}.gz`)).names, file).toEqual(reference);
    const withAddresses = (await read('plain', `${folder}/domains.txt.gz`)).names;
    expect(withAddresses.size).toBe(25_768);
    expect([...reference].filter((name) => !withAddresses.has(name))).toEqual([]);
    for (const [format, file] of [
      ['adblock', 'agh.txt'],
      ['wildcard', 'wildcard.txt'],
    ] as const)
      expect((await read(format, `${folder}/${file}.gz`)).names, file).toEqual(withAddresses);
    const addresses = await read('plain', `${folder}/dnscrypt-blocked-ips.txt.gz`);
    expect(addresses.names.size).toBe(23_079);
    expect(addresses.found.every(({ type }) => type === 'ip')).toBe(true);
    expect(existsSync(join(SHARED_DATA, 'blocklists', folder, 'ubo-urls.txt.gz'))).toBe(true);
  });

  testWithSharedData('EasyList holds 44,276 plain host rules and 46,929 hosts in all', async () => {
    const { names, found, report } = await read('adblock', 'easylist-2026-08-13.txt.gz');
    const plainRules = found.filter(({ options, allow }) => !options && !allow);
    expect([plainRules.length, plainRules.filter(({ type }) => type === 'domain').length, plainRules.filter(({ type }) => type === 'ip').length]).toEqual([44_276, 44_173, 103]);
    expect(names.size).toBe(46_929);
    // Each of its 755 exceptions is of pages, paths or scripts: none frees a name.
    expect([report.counts.exceptionsRefused, found.filter(({ allow }) => allow).length]).toEqual([755, 0]);
  });

  testWithSharedData('the disposable e-mail domains are 8,335', async () => {
    const { names, report } = await read('plain', 'disposable_email_blocklist.conf');
    expect([names.size, report.counts.rejects]).toEqual([8_335, 0]);
  });
});
