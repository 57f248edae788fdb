import { expect, test } from 'vitest';
import { lineageProblems } from '../../contracts/lineage.js';
import { datasets, findDataset } from '../index.js';
import { newDataset } from './contract.js';

test('new dataset is derived from a dataset that has the field that is read', () => {
  expect(findDataset(newDataset.derived.from).record.fields).toHaveProperty('parent_field');
});

test('new dataset leads back to a topic, and in no circle', () => {
  expect(lineageProblems(datasets)).toEqual([]);
});
