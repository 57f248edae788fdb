import { describe, expect, test } from 'vitest';
import { compileContracts } from '../../contracts/compile.js';
import { defineDataset, exportingDataset } from '../../contracts/index.js';
import { datasets } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { DEAD_LETTER_QUEUES, deadLetterQueues, EXPORT_QUEUES } from '../../lib/shared/queues.js';

const exporting = datasets.filter(({ exports }) => exports !== undefined);

describe('what a dataset exports', () => {
  test('is of one dataset of the lake, or of none', () => {
    expect(exporting.length).toBeLessThanOrEqual(1);
    expect(exportingDataset(datasets)?.name).toBe(exporting[0]?.name);
    expect(exportingDataset(datasets.filter((each) => !exporting.includes(each)))).toBeNull();
  });

  test('twice is refused at synth, by name: one job is built', () => {
    const exports = { table: 't', description: 'd', refreshHours: 1 };
    expect(() => exportingDataset([{ name: 'a', exports }, { name: 'b' }, { name: 'c', exports }])).toThrow(/datasets a and c both declare exports/);
    const [first, second] = datasets;
    expect(() =>
      compileContracts([
        { ...(first as (typeof datasets)[number]), exports },
        { ...(second as (typeof datasets)[number]), exports },
      ]),
    ).toThrow(`datasets ${first?.name} and ${second?.name} both declare exports`);
  });

  test('is of a Gold table that the contract has', () => {
    const { tables: _, ...input } = operations;
    expect(() => defineDataset({ ...input, exports: { table: 'nope', description: 'd', refreshHours: 1 } })).toThrow(/exports\.table: no table "gold\.nope"/);
  });

  test('has queues for what fails at it, and without it there are none', () => {
    expect(deadLetterQueues({ exports: true })).toEqual(DEAD_LETTER_QUEUES);
    expect(DEAD_LETTER_QUEUES.filter((queue) => !deadLetterQueues({ exports: false }).includes(queue))).toEqual(EXPORT_QUEUES);
  });
});
