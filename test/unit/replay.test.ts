import { describe, expect, test } from 'vitest';
import { conditions } from '../../bin/commands/tables/replay/conditions.js';
import { findDataset } from '../../datasets/index.js';
import { MAX_REPLAY_RECORDS, type ReplayRecord, replayRecords } from '../../lambdas/ingest/replay.js';
import type { OutgoingRecord } from '../../lambdas/shared/producer.js';

const dataset = findDataset('harmful_domains');
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

async function replay(records: readonly ReplayRecord[]): Promise<OutgoingRecord[]> {
  const sent: OutgoingRecord[] = [];
  const producer = {
    send: async (topic: string, batch: readonly OutgoingRecord[]) => void sent.push(...batch.map((record) => ({ ...record, topic }))),
    close: async () => undefined,
  };
  expect(await replayRecords({ dataset: 'harmful_domains', records }, dataset, producer)).toEqual({ sent: records.length });
  return sent;
}
const shown = (data: string | Uint8Array | null | undefined) => (data instanceof Uint8Array ? Buffer.from(data).toString('latin1') : data);

describe('a replay', () => {
  test('sends bytes unchanged, with the first coordinates beside them', async () => {
    const [first, again] = await replay([
      { key: base64('k'), value: base64('{"a": \xff\x00'), headers: [{ key: 'sluice-schema', value: base64('2') }], coordinates: 'harmful_domains/1/42' },
      {
        key: null,
        value: null,
        headers: [
          { key: 'sluice-origin', value: base64('harmful_domains/0/7') },
          { key: 'empty', value: null },
        ],
        coordinates: 'harmful_domains/1/43',
      },
    ]);
    expect([shown(first?.key), shown(first?.value), shown(first?.headers['sluice-origin']), shown(first?.headers['sluice-schema'])]).toEqual([
      'k',
      '{"a": \xff\x00',
      'harmful_domains/1/42',
      '2',
    ]);
    expect([again?.key, again?.value, shown(again?.headers['sluice-origin'])]).toEqual([null, null, 'harmful_domains/0/7']);
  });

  test('refuses what it cannot place, and more than an event holds', async () => {
    await expect(replay([{ key: null, value: null, headers: [], coordinates: '../1' }])).rejects.toThrow('replay: "../1" is no topic/partition/offset');
    const many = Array.from({ length: MAX_REPLAY_RECORDS + 1 }, () => ({ key: null, value: null, headers: [], coordinates: 'a/0/0' }));
    await expect(replay(many)).rejects.toThrow('replay: 1 to 1000 records at a time');
  });

  test('chooses by partition, offsets, time and rule', () => {
    expect(conditions({ from: 'bronze', partition: '1', offsets: '5-9', since: '2026-11-01', until: '2026-11-02T00:00:00Z' })).toEqual([
      '"partition" = 1',
      '"offset" BETWEEN 5 AND 9',
      "kafka_timestamp >= from_iso8601_timestamp('2026-11-01T00:00:00.000Z')",
      "kafka_timestamp < from_iso8601_timestamp('2026-11-02T00:00:00.000Z')",
    ]);
    expect(conditions({ from: 'quarantine', rule: 'name_present' })).toEqual(["rule = 'name_present'"]);
    expect(conditions({ from: 'quarantine' })).toEqual([]);
  });

  test.each([
    [{ from: 'bronze' }, /all of Bronze is a rebuild: choose with --partition/],
    [{ from: 'bronze', offsets: '1-2' }, /--offsets are of a partition: --partition 0/],
    [{ from: 'bronze', partition: '0', offsets: '9-2' }, /--offsets 9-2: not a range; for example 100-200/],
    [{ from: 'bronze', partition: 'x' }, /--partition x: not a partition/],
    [{ from: 'bronze', since: 'soon' }, /--since soon: not a time; for example/],
    [{ from: 'bronze', rule: 'r' }, /--rule chooses from quarantine/],
    [{ from: 'quarantine', rule: "x' OR" }, /--rule x' OR: not the name of a rule/],
  ])('%j is refused with the way out', (options, message) => expect(() => conditions(options)).toThrow(message));
});
