import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { type OnRecord, UnreadableDocument } from './records.js';

/** Longest row, in characters: an unclosed quote swallows the rest of its file. */
const MAX_ROW = 1024 * 1024;

/**
 * The rows of a CSV with a header (RFC 4180), each as an object by the header's names, in order.
 *
 * @throws UnreadableDocument where a quote is not closed or a row has more or fewer cells than the header
 */
export async function csvRecords(bytes: AsyncIterable<Uint8Array>, onRecord: OnRecord): Promise<void> {
  const rows = Readable.from(bytes).pipe(parse({ columns: true, bom: true, skip_empty_lines: true, max_record_size: MAX_ROW }));
  let place = 0;
  try {
    for await (const row of rows) onRecord(row, ++place);
  } catch (cause) {
    throw new UnreadableDocument(`not CSV behind record ${place}: ${(cause as CsvError).message}`);
  }
}
