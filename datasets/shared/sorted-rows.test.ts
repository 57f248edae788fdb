import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedRows } from './sorted-rows.js';

test('rows come back sorted, each key once with its first place, however many runs were written aside', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'));
  const key = fc.stringMatching(/^[a-z0-9._-]{1,12}$/).map((name) => `domain\t${name}\texact\tblock`);
  const content = fc.oneof(
    fc.constant(''),
    fc.array(fc.string(), { minLength: 1, maxLength: 2 }).map((tags) => JSON.stringify({ tags })),
  );
  try {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, content), { maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (rows, runRows) => {
        const sorted = new SortedRows(folder, runRows);
        const expected = new Map<string, unknown>();
        rows.forEach(([name, said], i) => {
          sorted.add(name, i + 1, said);
          if (!expected.has(name)) expected.set(name, { key: name, place: i + 1, content: said });
        });
        expect([...sorted.first()]).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
        expect(readdirSync(folder)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
