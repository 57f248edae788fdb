/** A record on its way to Kafka. */
export interface OutgoingRecord {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string | Uint8Array>>;
}

/** Sends records; resolves when every in-sync replica has acknowledged them (`acks: -1`), in order, without repeats. */
export interface Producer {
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Bounds of one send: what waits in memory, and what a broker takes in one request. */
export const BATCH_RECORDS = 2_000;
const BATCH_BYTES = 768 * 1024;

/**
 * Sends a stream in batches, one in flight.
 *
 * @returns records acknowledged
 */
export async function sendAll(producer: Producer, topic: string, records: AsyncIterable<OutgoingRecord>, afterBatch: () => Promise<void>): Promise<number> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  let sent = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    await producer.send(topic, batch);
    sent += batch.length;
    batch = [];
    bytes = 0;
    await afterBatch();
  };
  for await (const record of records) {
    batch.push(record);
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (batch.length >= BATCH_RECORDS || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
  return sent;
}
