import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedListings } from './sorted-listings.js';

test('listings come back sorted, each key once with its first line, however many runs were written aside', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'));
  const key = fc.stringMatching(/^[a-z0-9._-]{1,12}$/).map((name) => `domain\t${name}\texact\tblock`);
  const details = fc.oneof(fc.constant({}), fc.record({ tags: fc.array(fc.string(), { minLength: 1, maxLength: 2 }) }));
  try {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, details), { maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (rows, runEntries) => {
        const listings = new SortedListings(folder, runEntries);
        const expected = new Map<string, unknown>();
        rows.forEach(([name, said], i) => {
          listings.add(name, i + 1, said);
          if (!expected.has(name)) expected.set(name, { line: i + 1, details: said });
        });
        expect([...listings.sorted()]).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
        expect(readdirSync(folder)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
