import type { Reader, Reading, ReadingContext, Row } from '../../contracts/reading.js';
import type { RecordOf } from '../../contracts/record.js';
import type { ListSource } from '../../contracts/sources/index.js';
import { splitLines } from '../shared/lines.js';
import { MAX_REJECT_SAMPLES, rejectSample } from '../shared/samples.js';
import { SortedRows } from '../shared/sorted-rows.js';
import type { newDataset } from './contract.js';

const ITEM = /^[A-Za-z0-9][\w.-]{0,199}$/;

/** Reads an item a line; a line that is empty or begins with # is none. */
export const reader: Reader<RecordOf<typeof newDataset>, ListSource> = {
  formats: ['lines'],
  read,
  record: ({ name, category }, { key, event, sequence, observedAt, place }) => ({
    source: name,
    item_id: key,
    event,
    sequence,
    observed_at: new Date(observedAt).toISOString(),
    place,
    category,
  }),
};

async function read(body: () => AsyncIterable<Uint8Array>, { folder }: ReadingContext<ListSource>): Promise<Reading> {
  const sorted = new SortedRows(folder);
  const samples: string[] = [];
  let [rows, rejected, given] = [0, 0, 0];
  for await (const { number, text } of splitLines(body())) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    rows++;
    if (ITEM.test(line)) sorted.add(line, number, '');
    else {
      rejected++;
      if (samples.length < MAX_REJECT_SAMPLES) samples.push(rejectSample(number, 'no item', line));
    }
  }
  return {
    *rows(): Generator<Row> {
      for (const row of sorted.first()) {
        given++;
        yield row;
      }
    },
    told: () => ({ read: given, rejected, ignored: 0, rows, samples, counts: { repeats: rows - rejected - given }, unreadable: null, doubt: null }),
  };
}
