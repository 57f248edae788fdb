import type { Dataset, DocumentSource, RecordOf } from '../../contracts/index.js';
import type { KeptRow, Reader, Reading, ReadingContext } from '../../contracts/reading.js';
import { csvRecords } from './csv-records.js';
import { jsonRecords } from './json-records.js';
import { type OnRecord, UnreadableDocument } from './records.js';
import { MAX_REJECT_SAMPLES, rejectSample } from './samples.js';
import { SortedRows } from './sorted-rows.js';
import { xmlRecords } from './xml-records.js';

/** Fields of a document's record that the rails fill: who says it, what became of it, in which snapshot, since when, where. */
export const STAMPS = ['source', 'event', 'sequence', 'observed_at', 'place'] as const;
type Stamp = (typeof STAMPS)[number];
const isStamp = (field: string): boolean => (STAMPS as readonly string[]).includes(field);

/** What a reader gives of a record: every field of the contract but the stamps. */
export type ContentOf<D extends Pick<Dataset, 'record'>> = Omit<RecordOf<D>, Stamp>;

/** Why a record of a document is none. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
}

/**
 * The reader of documents whose records have keys. Records of one key that say the same count once; of those that say
 * different things the first stands, and the others are rejects with both places.
 *
 * @param read one record as the contract's fields; throws {@link Rejected} with a reason where it is none
 */
export function documentReader<D extends Pick<Dataset, 'name' | 'record'>>(dataset: D, read: (record: unknown) => ContentOf<D>): Reader<RecordOf<D>, DocumentSource> {
  const keyFields = dataset.record.key.filter((field) => !isStamp(field));
  const contentFields = Object.keys(dataset.record.fields).filter((field) => !isStamp(field) && !keyFields.includes(field));
  return {
    formats: ['json', 'csv', 'xml'],
    read: (body, context) => readDocument(body, context, keyFields, contentFields, read as (record: unknown) => Readonly<Record<string, unknown>>),
    record: (source, row) => recordOf(dataset, keyFields, source, row) as RecordOf<D>,
  };
}

function recordOf({ record }: Pick<Dataset, 'record'>, keyFields: readonly string[], source: DocumentSource, { key, content, event, sequence, observedAt, place }: KeptRow) {
  const keys = key.split('\t');
  const values: Record<string, unknown> = {
    ...(content === '' ? {} : (JSON.parse(content) as object)),
    ...Object.fromEntries(keyFields.map((field, i) => [field, JSON.parse(keys[i] ?? 'null') as unknown])),
    source: source.name,
    event,
    sequence,
    observed_at: new Date(observedAt).toISOString(),
    place,
  };
  return Object.fromEntries(Object.keys(record.fields).map((field) => [field, values[field] ?? null]));
}

async function readDocument(
  body: () => AsyncIterable<Uint8Array>,
  { source, folder }: ReadingContext<DocumentSource>,
  keyFields: readonly string[],
  contentFields: readonly string[],
  read: (record: unknown) => Readonly<Record<string, unknown>>,
): Promise<Reading> {
  const sorted = new SortedRows(folder);
  const samples: string[] = [];
  let [records, rejected, repeats, given] = [0, 0, 0, 0];
  let unreadable: string | null = null;
  const reject = (place: number, reason: string, text: string) => {
    rejected++;
    if (samples.length < MAX_REJECT_SAMPLES) samples.push(rejectSample(place, reason, text));
  };
  const take: OnRecord = (record, place) => {
    records++;
    try {
      const fields = read(record);
      const missing = keyFields.find((field) => fields[field] === null || fields[field] === undefined || fields[field] === '');
      if (missing !== undefined) throw new Rejected(`no ${missing}, by which a record is known`);
      const said = contentFields.flatMap((field) => (fields[field] === null || fields[field] === undefined ? [] : [[field, fields[field]]]));
      sorted.add(keyFields.map((field) => JSON.stringify(fields[field])).join('\t'), place, said.length === 0 ? '' : JSON.stringify(Object.fromEntries(said)));
    } catch (cause) {
      if (!(cause instanceof Rejected)) throw cause;
      reject(place, cause.message, JSON.stringify(record) ?? '');
    }
  };
  try {
    if (source.format === 'json') await jsonRecords(body(), source.records, take);
    else if (source.format === 'csv') await csvRecords(body(), take);
    else await xmlRecords(body(), source.records ?? '', take);
  } catch (cause) {
    if (!(cause instanceof UnreadableDocument)) throw cause;
    unreadable = cause.message;
  }
  return {
    *rows() {
      let [key, place, content] = ['', 0, ''];
      for (const row of sorted.all()) {
        if (row.key !== key) {
          given++;
          ({ key, place, content } = row);
          yield row;
        } else if (row.content === content) repeats++;
        else reject(row.place, `record ${place} has this key too, and says something else`, row.key);
      }
      sorted.remove();
    },
    told: () => ({ read: given, rejected, ignored: 0, rows: records, samples, counts: { records, repeats }, unreadable, doubt: null }),
  };
}

/** The value of a record's member as text; null where it has none. @throws Rejected where it is neither text nor missing */
export function textOf(record: unknown, name: string): string | null {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new Rejected(`${name} is no text`);
  const text = value.trim();
  return text === '' ? null : text;
}

/** A day, `YYYY-MM-DD`, as the record has it. @throws Rejected where it is none */
export function dayOf(record: unknown, name: string): string | null {
  const text = textOf(record, name);
  if (text === null) return null;
  const day = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) throw new Rejected(`${name} is no day (YYYY-MM-DD)`);
  return text;
}

/** A number; CSV and XML have it as text. @throws Rejected where it is none */
export function numberOf(record: unknown, name: string): number | null {
  const value = memberOf(record, name);
  const number = typeof value === 'number' ? value : textOf(record, name);
  if (number === null) return null;
  if (!Number.isFinite(Number(number))) throw new Rejected(`${name} is no number`);
  return Number(number);
}

/** True or false; CSV and XML have it as text. @throws Rejected where it is neither */
export function flagOf(record: unknown, name: string): boolean | null {
  const value = memberOf(record, name);
  const flag = typeof value === 'boolean' ? String(value) : textOf(record, name);
  if (flag !== null && flag !== 'true' && flag !== 'false') throw new Rejected(`${name} is neither true nor false`);
  return flag === null ? null : flag === 'true';
}

/** A list of texts. @throws Rejected where it is none */
export function textsOf(record: unknown, name: string): string[] | null {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw new Rejected(`${name} is no list of texts`);
  return value;
}

function memberOf(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) throw new Rejected('no object');
  return Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined;
}
