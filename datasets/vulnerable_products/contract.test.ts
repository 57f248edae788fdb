import { expect, test } from 'vitest';
import { findDataset } from '../index.js';
import { vulnerableProducts } from './contract.js';

test('products are made of a dataset that has the fields that are read', () => {
  expect(findDataset(vulnerableProducts.derived.from).record.fields).toMatchObject({ cve_id: {}, vendor: {}, product: {}, event: {}, sequence: {} });
});
