import { describe, expect, test } from 'vitest';
import { fakeDeps, run, World } from '../../test/support/ingest-fakes.js';
import { findSource } from '../index.js';
import { readerOf } from '../readers.js';
import { seeded } from '../shared/made-up.js';
import { recording } from './recording.js';

const { dataset, source } = findSource('cisa_kev');
const HOUR = 3_600_000;

interface Entry {
  cveID?: unknown;
  [name: string]: unknown;
}
const entry = (n: number, more: Entry = {}): Entry => ({
  cveID: `CVE-1900-${10_000 + n}`,
  vendorProject: 'Vendor',
  product: 'Product',
  vulnerabilityName: `Name ${n}`,
  dateAdded: '2024-01-01',
  shortDescription: 'What',
  requiredAction: 'Do',
  dueDate: '2024-01-22',
  knownRansomwareCampaignUse: 'Unknown',
  notes: '',
  ...more,
});

class Catalogue extends World {
  check(entries: readonly Entry[] | string, event: object = {}, bounds: object = { minEntries: 1, maxShrink: 1, maxGrowth: 1_000, maxChange: 1, minValid: 0.5 }) {
    this.body = typeof entries === 'string' ? entries : JSON.stringify({ title: 't', count: entries.length, vulnerabilities: entries });
    this.etag = null;
    this.now += HOUR;
    return run(
      { source: source.name, ...event },
      { ...fakeDeps(this), dataset, reader: readerOf(dataset.name), source: { ...source, bounds: { ...source.bounds, ...bounds } } as typeof source },
    );
  }
  records() {
    return this.sent('vulnerabilities').map(({ cve_id, event, sequence, name, ransomware }) => ({ cve_id, event, sequence, name, ransomware }));
  }
}

describe('the catalogue of known exploited vulnerabilities', () => {
  test('is published by difference: what came, what says something else, what went', async () => {
    const world = new Catalogue();
    expect(await world.check([entry(1), entry(2)])).toMatchObject({
      outcome: 'changed',
      read: 2,
      added: 2,
      changed: 0,
      gone: 0,
      rejected: 0,
      counts: { records: 2, repeats: 0 },
      whole: true,
    });
    // The order of records, and of a record's members, is no news; nor is what stands beside them.
    const { cveID, ...rest } = entry(1);
    expect(await world.check([entry(2), { ...rest, cveID }])).toMatchObject({ outcome: 'changed', added: 0, changed: 0, gone: 0, produced: 0 });
    expect(await world.check([entry(1, { knownRansomwareCampaignUse: 'Known' }), entry(3)])).toMatchObject({ added: 1, changed: 1, gone: 1 });
    expect(world.records().slice(2)).toEqual([
      { cve_id: 'CVE-1900-10001', event: 'changed', sequence: 3, name: 'Name 1', ransomware: true },
      { cve_id: 'CVE-1900-10002', event: 'gone', sequence: 3, name: 'Name 2', ransomware: false },
      { cve_id: 'CVE-1900-10003', event: 'added', sequence: 3, name: 'Name 3', ransomware: false },
    ]);
  });

  test('gives every field of CISA’s schema', async () => {
    const world = new Catalogue();
    await world.check([entry(1, { forensicTriage: 'Yes', notes: ' https://example.com ', cwes: ['CWE-1', 'CWE-2'] })]);
    expect(world.sent('vulnerabilities')[0]).toEqual({
      source: 'cisa_kev',
      cve_id: 'CVE-1900-10001',
      event: 'added',
      sequence: 1,
      observed_at: new Date(world.now).toISOString(),
      place: 1,
      vendor: 'Vendor',
      product: 'Product',
      name: 'Name 1',
      date_added: '2024-01-01',
      date_due: '2024-01-22',
      ransomware: false,
      description: 'What',
      required_action: 'Do',
      forensic_triage: true,
      notes: 'https://example.com',
      weaknesses: ['CWE-1', 'CWE-2'],
    });
  });

  test.each([
    ['without identifier', { cveID: undefined }, /^2: no cve_id, by which a record is known/],
    ['with another identifier', { cveID: 'GHSA-1' }, /^2: cveID is no CVE-YYYY-NNNN/],
    ['with a day that is none', { dateAdded: '2024-02-30' }, /^2: dateAdded is no day/],
    ['with a word that is unknown', { knownRansomwareCampaignUse: 'Perhaps' }, /^2: knownRansomwareCampaignUse is neither Known nor Unknown/],
    ['with weaknesses that are no list', { cwes: 'CWE-1' }, /^2: cwes is no list of texts/],
  ])('sets a record %s aside with its place', async (_what, more, sample) => {
    const result = await new Catalogue().check([entry(1), entry(2, more as Entry), entry(3)]);
    expect(result).toMatchObject({ outcome: 'changed', read: 2, rejected: 1 });
    expect(result.reject_samples?.[0]).toMatch(sample);
  });

  const ten = Array.from({ length: 10 }, (_, i) => entry(i));
  test.each([
    ['that is none', 'moved', /not JSON/, false],
    ['that lost its array', JSON.stringify({ count: 10, items: ten }), /no array at vulnerabilities; it has count, items/, false],
    [
      'without its keys',
      JSON.stringify({ vulnerabilities: ten.map(({ cveID: _, ...rest }) => rest) }),
      /0 of 10 rows are good, the contract asks for 98 %: has the document changed its format\?/,
      true,
    ],
    ['that is a page', '<!doctype html><html></html>', /not JSON/, false],
    [
      'whose every record changed',
      JSON.stringify({ vulnerabilities: ten.map((each) => ({ ...each, notes: 'new' })) }),
      /10 of 10 records would change, the contract allows 50 %/,
      true,
    ],
    ['that lost a record of ten', JSON.stringify({ vulnerabilities: ten.slice(1) }), /1 of 10 records would go, the contract allows 5 %/, true],
  ])('refuses a document %s, keeps the last good one, and takes it once released if it can be read', async (_what, body, reason, releasable) => {
    const world = new Catalogue();
    await world.check(ten);
    const refused = await world.check(body, {}, { minEntries: 1 });
    expect(refused).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(reason), sequence: 1 });
    const released = await world.check(body, { event: 'release', sha256: refused.body_sha256 }, { minEntries: 1 });
    expect(released).toMatchObject(releasable ? { outcome: 'changed', sequence: 2 } : { outcome: 'refused', reason: expect.stringMatching(reason) });
  });

  test('is recorded whole, and all of the recording is good', async () => {
    const result = await new Catalogue().check(recording.body(source, seeded(1)), {}, {});
    expect(result).toMatchObject({ outcome: 'changed', read: 1_200, rejected: 0, added: 1_200 });
  });
});
