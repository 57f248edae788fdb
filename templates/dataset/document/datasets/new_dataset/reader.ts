import { dayOf, documentReader, flagOf, numberOf, textOf } from '../shared/document-reader.js';
import { newDataset } from './contract.js';

/** Reads an item by the names that its publisher gives. */
export const reader = documentReader(newDataset, (record) => ({
  item_id: textOf(record, 'id'),
  title: textOf(record, 'title'),
  published_on: dayOf(record, 'published'),
  size: numberOf(record, 'size'),
  is_free: flagOf(record, 'free'),
}));
