import { dayOf, documentReader, textOf } from '../shared/document-reader.js';
import { newDataset } from './contract.js';

/** Reads an item by the names that its publisher gives. */
export const reader = documentReader(newDataset, (record) => ({
  item_id: textOf(record, 'id'),
  title: textOf(record, 'title'),
  published_on: dayOf(record, 'published'),
}));
