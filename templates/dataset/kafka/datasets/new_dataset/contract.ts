import { defineDataset } from '../../contracts/dataset.js';

export const newDataset = defineDataset({
  name: 'new_dataset',
  version: 1,
  owner: 'sluice',
  description: 'Events of new dataset, as their producer sends them, and the last of each item.',
  terms: 'As the producer says: see the source.',
  record: {
    key: ['source', 'event_id', 'happened_at'],
    order: ['happened_at'],
    fields: {
      source: { type: 'string', description: 'Who sent it', example: 'producer' },
      event_id: { type: 'string', description: 'Identifier of the event', example: 'event-1' },
      item_id: { type: 'string', description: 'Item that it is of', example: 'item-1' },
      happened_at: { type: 'timestamp', description: 'When it happened', example: '2026-11-01T00:00:00.000Z' },
      amount: { type: 'double', description: 'How much', unit: 'count', example: 1.5 },
    },
  },
  sources: [{ kind: 'kafka', name: 'new_dataset_events', producer: 'who sends them' }],
  topic: { partitions: 1, retentionHours: 7 * 24 },
  retentionDays: { bronze: 90 },
  rules: [
    { kind: 'notNull', name: 'source_present', field: 'source', action: 'quarantine' },
    { kind: 'notNull', name: 'event_id_present', field: 'event_id', action: 'quarantine' },
    { kind: 'notNull', name: 'item_id_present', field: 'item_id', action: 'quarantine' },
    { kind: 'notInFuture', name: 'happened_in_the_past', field: 'happened_at', toleranceSeconds: 300, action: 'quarantine' },
  ],
  tables: [
    {
      layer: 'gold',
      name: 'new_dataset',
      kind: 'state',
      writer: 'gold',
      description: 'One row per item: its last event.',
      key: ['source', 'item_id'],
      columns: {
        source: { type: 'string', description: 'Who sent it' },
        item_id: { type: 'string', description: 'Item' },
        last_event_at: { type: 'timestamp', description: 'When its last event happened' },
        last_event_id: { type: 'string', description: 'Identifier of that event; of several at one time the greatest' },
        amount: { type: 'double', description: 'How much, as that event says' },
      },
    },
  ],
  canary: { fields: { event_id: 'canary', item_id: 'canary' } },
  service: { triggerSeconds: 30, freshnessMinutes: { bronze: 30, silver: 60, gold: 120 }, severity: 'ticket' },
  queries: [
    {
      name: 'newest_new_dataset',
      description: 'Items whose last event is newest',
      sql: 'SELECT item_id, last_event_at, amount FROM gold.new_dataset ORDER BY last_event_at DESC, item_id LIMIT 50',
    },
  ],
});
