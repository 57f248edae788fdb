import { MAX_REPLAY_RECORDS, type ReplayRecord } from '../../../../lambdas/ingest/replay.js';
import { runQuery } from '../../../lake/athena.js';
import { invokeReplay } from '../../../lake/ingest.js';
import type { Target } from '../../../lake/target.js';

/** Rows of one query: its answer is held in memory. */
const PAGE = 10_000;
/** Base64 of one event, beneath Lambda's 6 MB. */
const EVENT_CHARACTERS = 4_000_000;

/**
 * Sends all rows of a query again, bytes unchanged, a page at a time.
 *
 * @param rows `FROM ...` of what is sent
 * @param tell called with how many were sent so far
 */
export async function sendAgain(dataset: string, rows: string, records: number, lake: Target, tell: (sent: number) => void): Promise<number> {
  let sent = 0;
  let after: readonly [partition: string, offset: string] | null = null;
  while (sent < records) {
    const beyond: string = after === null ? '' : ` WHERE "partition" > ${after[0]} OR ("partition" = ${after[0]} AND "offset" > ${after[1]})`;
    const page = (
      await runQuery(
        `SELECT topic, "partition", "offset", to_base64(key), to_base64(value), json_format(CAST(transform(headers, h -> ARRAY[h.key, to_base64(h.value)]) AS JSON)) ${rows}${beyond} ORDER BY "partition", "offset" LIMIT ${PAGE}`,
        lake,
      )
    ).rows;
    if (page.length === 0) break;
    for (const chunk of chunks(page.map(recordOf))) {
      sent += (await invokeReplay({ dataset, records: chunk }, lake)).sent;
      tell(sent);
    }
    const last = page.at(-1);
    after = [last?.[1] ?? '', last?.[2] ?? ''];
  }
  return sent;
}

function recordOf([topic, partition, offset, key, value, headers]: readonly (string | null)[]): ReplayRecord {
  const parsed = JSON.parse(headers ?? '[]') as [string, string | null][];
  return { key: key ?? null, value: value ?? null, headers: parsed.map(([name, data]) => ({ key: name, value: data })), coordinates: `${topic}/${partition}/${offset}` };
}

function* chunks(records: readonly ReplayRecord[]): Generator<ReplayRecord[]> {
  let chunk: ReplayRecord[] = [];
  let characters = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    if (chunk.length > 0 && (chunk.length >= MAX_REPLAY_RECORDS || characters + size > EVENT_CHARACTERS)) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(record);
    characters += size;
  }
  if (chunk.length > 0) yield chunk;
}
