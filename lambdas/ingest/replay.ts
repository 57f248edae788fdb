import type { Dataset } from '../../contracts/index.js';
import type { OutgoingRecord, Producer } from '../shared/producer.js';

/** A record as Bronze or quarantine hold it; bytes in base64. */
export interface ReplayRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
  /** Where it stood: `topic/partition/offset`. */
  readonly coordinates: string;
}

export interface ReplayEvent {
  readonly dataset: string;
  readonly records: readonly ReplayRecord[];
}

export interface ReplayResult {
  readonly sent: number;
}

/** Most records of one event: Lambda takes 6 MB. */
export const MAX_REPLAY_RECORDS = 1_000;
/** The header that tells a record's first coordinates, as Bronze holds it. */
const COORDINATES = 'sluice-origin';

export const isReplay = (event: object): event is ReplayEvent => 'records' in event;

const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

/**
 * Sends records again, bytes unchanged, with the header `sluice-origin`: their first coordinates, however often they are
 * sent again.
 *
 * @throws Error naming what is wrong with the event
 */
export async function replayRecords(event: ReplayEvent, dataset: Dataset, producer: Producer): Promise<ReplayResult> {
  if (!Array.isArray(event.records) || event.records.length > MAX_REPLAY_RECORDS) throw new Error(`replay: 1 to ${MAX_REPLAY_RECORDS} records at a time`);
  const outgoing = event.records.map((record): OutgoingRecord => {
    if (!/^[a-z0-9_]+\/\d+\/\d+$/.test(record.coordinates)) throw new Error(`replay: ${JSON.stringify(String(record.coordinates).slice(0, 80))} is no topic/partition/offset`);
    const headers: Record<string, string | Uint8Array> = { [COORDINATES]: record.coordinates };
    for (const { key, value } of record.headers) if (value !== null) headers[key] = bytes(value);
    return { key: record.key === null ? null : bytes(record.key), value: record.value === null ? null : bytes(record.value), headers };
  });
  if (outgoing.length > 0) await producer.send(dataset.name, outgoing);
  return { sent: outgoing.length };
}
