import { defineDataset } from '../../contracts/dataset.js';

export const newDataset = defineDataset({
  name: 'new_dataset',
  version: 1,
  owner: 'sluice',
  description: 'Items of new dataset, a line each, as their publisher lists them, and when each came and went.',
  terms: 'As the publisher says: see the source.',
  record: {
    key: ['source', 'item_id', 'sequence'],
    order: ['sequence'],
    // What counts as a change of an item that stays listed: nothing, it says no more than that it is there.
    content: [],
    fields: {
      source: { type: 'string', description: 'Source of the items', example: 'new_dataset_items' },
      item_id: { type: 'string', description: 'Identifier of the item', example: 'item-1' },
      event: { type: 'string', description: 'added, changed or gone', example: 'added' },
      sequence: { type: 'bigint', description: 'Number of the source’s snapshot in which that happened', example: 1 },
      observed_at: { type: 'timestamp', description: 'When that snapshot was fetched', example: '2026-11-01T00:00:00.000Z' },
      place: { type: 'bigint', description: 'Line of the kept list; null when gone', example: 1 },
      category: { type: 'string', description: 'What the source lists', example: 'items' },
    },
  },
  sources: [
    {
      kind: 'list',
      name: 'new_dataset_items',
      url: 'https://new-dataset.example/items.txt',
      format: 'lines',
      category: 'items',
      reliability: 0.8,
      cadence: { minutes: 24 * 60 },
      licence: 'as its publisher says',
      homepage: 'https://new-dataset.example/',
      evidence: [{ on: '2026-01-01', at: 'https://new-dataset.example/', says: 'made from a template: its address is nobody’s' }],
      enabled: false,
      offBecause: 'its address is nobody’s yet',
      bounds: { minEntries: 1, maxBytes: 16 * 1024 * 1024, maxShrink: 0.2, minValid: 0.9 },
    },
  ],
  topic: { partitions: 1, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'notNull', name: 'source_present', field: 'source', action: 'quarantine' },
    { kind: 'notNull', name: 'item_id_present', field: 'item_id', action: 'quarantine' },
    { kind: 'inSet', name: 'event_known', field: 'event', values: ['added', 'changed', 'gone'], action: 'quarantine' },
    { kind: 'notInFuture', name: 'observed_in_the_past', field: 'observed_at', toleranceSeconds: 300, action: 'quarantine' },
    { kind: 'maxLength', name: 'item_id_length', field: 'item_id', characters: 200, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'new_dataset',
      kind: 'state',
      writer: 'gold',
      description: 'One row per item, as it is now.',
      key: ['source', 'item_id'],
      columns: {
        source: { type: 'string', description: 'Source' },
        item_id: { type: 'string', description: 'Identifier of the item' },
        is_listed: { type: 'boolean', description: 'Whether the source has it now' },
        category: { type: 'string', description: 'What the source lists' },
        sequence: { type: 'bigint', description: 'Number of the snapshot in which it last came, changed or went' },
        last_changed_at: { type: 'timestamp', description: 'When that snapshot was fetched' },
      },
    },
  ],
  canary: { fields: {} },
  service: { triggerSeconds: 30, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'newest_new_dataset',
      description: 'Items that changed last',
      sql: 'SELECT item_id, category, last_changed_at FROM gold.new_dataset WHERE is_listed ORDER BY last_changed_at DESC, item_id LIMIT 50',
    },
  ],
});
