import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CHANGES, type KeptRow } from '../../contracts/reading.js';
import { readChanged, readSnapshot } from '../../lambdas/ingest/snapshot/file.js';
import { encodeRow } from '../../lambdas/ingest/snapshot/row.js';

/** More than two pieces of what a stored snapshot is decoded in. */
const ROWS = 12_000;

async function all(rows: AsyncIterable<KeptRow>): Promise<KeptRow[]> {
  const found: KeptRow[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

test('what a snapshot changed is what its rows say of it, wherever a piece ends and whatever else holds the number', async () => {
  const rows = Array.from({ length: ROWS }, (_, i): KeptRow => {
    const event = CHANGES[i % CHANGES.length] ?? 'added';
    const key = `domain\t\u00fc${i}.example\t${i % 5 === 0 ? '7\tblock' : 'exact\tblock'}`;
    return {
      key,
      event,
      sequence: i % 11 === 0 ? 7 : i % 13,
      observedAt: 1_795_000_000_000,
      place: event === 'gone' ? null : i % 3 === 0 ? 7 : i,
      content: i % 4 === 0 ? '{"tags":["\u{1f600}"]}' : '',
    };
  });
  const stored = gzipSync(rows.map(encodeRow).join(''));
  const landing = { put: async () => undefined, get: async () => Readable.from([stored]) };
  const changed = await all(readChanged(landing, 'snapshot', 7));
  expect(changed.length).toBeGreaterThan(ROWS / 11);
  expect(changed).toEqual((await all(readSnapshot(landing, 'snapshot'))).filter(({ sequence }) => sequence === 7));
  expect(await all(readChanged(landing, 'snapshot', 14))).toEqual([]);
});
