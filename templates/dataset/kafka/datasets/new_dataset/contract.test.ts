import { expect, test } from 'vitest';
import { canaryRecord } from '../../contracts/canary.js';
import { newDataset } from './contract.js';

test('an event of new dataset has every field of the contract, and a key', () => {
  const record = canaryRecord(newDataset, new Date('2026-11-01T00:00:00Z'), 'run');
  expect(Object.keys(record).sort()).toEqual(Object.keys(newDataset.record.fields).sort());
  for (const field of newDataset.record.key) expect(record[field], field).toEqual(expect.any(String));
});

test('nothing of new dataset is fetched: its producer sends it', () => {
  expect(newDataset.sources.map(({ kind }) => kind)).toEqual(['kafka']);
});
