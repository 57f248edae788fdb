import { defineDataset } from '../../contracts/dataset.js';

export const newDataset = defineDataset({
  name: 'new_dataset',
  version: 1,
  owner: 'sluice',
  description: 'Words of new dataset: those that stand in parent_field of parent_dataset, a row each time one does.',
  terms: 'Made of parent_dataset, by its terms.',
  derived: { from: 'parent_dataset' },
  record: {
    fields: {
      source: { type: 'string', description: 'Source of the row that it was made of', example: 'source' },
      word: { type: 'string', description: 'Word, in small letters', example: 'word' },
    },
  },
  rules: [
    { kind: 'notNull', name: 'word_present', field: 'word', action: 'quarantine' },
    { kind: 'maxLength', name: 'word_length', field: 'word', characters: 200, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'new_dataset',
      kind: 'state',
      writer: 'gold',
      description: 'One row per source and word: when it was first and last said.',
      key: ['source', 'word'],
      columns: {
        source: { type: 'string', description: 'Source' },
        word: { type: 'string', description: 'Word' },
        first_said_at: { type: 'timestamp', description: 'When Kafka took the first record that says it' },
        last_said_at: { type: 'timestamp', description: 'When Kafka took the last record that says it' },
      },
    },
  ],
  service: { triggerSeconds: 30, freshnessMinutes: { silver: 90, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'newest_new_dataset',
      description: 'Words that were said last',
      sql: 'SELECT word, source, first_said_at, last_said_at FROM gold.new_dataset ORDER BY last_said_at DESC, word LIMIT 50',
    },
  ],
});
