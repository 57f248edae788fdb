import type { Table } from './tables.js';

/**
 * The ledger: one row per Silver batch. `read = inserted + duplicate + quarantined + dropped`, each counted by itself; where
 * rows are derived, `produced` is their sum, and `none` says of how many nothing was made. The Silver driver writes it
 * beside the batch it speaks of.
 */
export const ledger: Table = {
  layer: 'ops',
  name: 'ledger',
  kind: 'fact',
  writer: 'silver',
  description: 'One row per Silver batch: what was read and what became of every record of it.',
  key: ['query_id', 'batch_id'],
  order: [],
  partitionBy: [],
  reads: [],
  columns: {
    dataset: { type: 'string', description: 'Dataset' },
    query_id: { type: 'string', description: "Id of the query's checkpoint" },
    batch_id: { type: 'bigint', description: 'Batch number within the checkpoint' },
    committed_at: { type: 'timestamp', description: 'When the batch was written' },
    read: { type: 'bigint', description: 'Records read from Bronze; of a derived dataset, rows read from the Silver that it is derived from' },
    inserted: { type: 'bigint', description: 'Rows that the MERGE inserted, as its commit counted them' },
    duplicate: { type: 'bigint', description: 'Records whose key Silver or the batch already held' },
    quarantined: { type: 'bigint', description: 'Records set aside' },
    dropped: { type: 'bigint', description: 'Records that a rule of action drop took out' },
    canaries: { type: 'bigint', description: 'Canary records among the read; in no other column' },
    residual: { type: 'bigint', description: 'read (of a derived dataset: produced) - inserted - duplicate - quarantined - dropped; must be 0' },
    offsets: {
      type: 'array<struct<topic:string,partition:int,first_offset:bigint,last_offset:bigint,records:bigint>>',
      description: 'Range of Kafka offsets per partition, and how many records of it the batch held; empty where rows are derived, since Silver holds not every offset',
    },
    produced: { type: 'bigint', description: 'Rows that were made of those read, where the dataset is derived; else null' },
    none: { type: 'bigint', description: 'Rows read of which none was made, where the dataset is derived; else null' },
  },
};

/**
 * Canaries that state tables have folded. They are in no state table: a row for each batch that held one says that it came so
 * far, written by the Gold driver beside the batch.
 */
export const canaries: Table = {
  layer: 'ops',
  name: 'canaries',
  kind: 'fact',
  writer: 'gold',
  description: 'One row per batch of a state table that held a canary: how far it came. State tables themselves hold none.',
  key: ['query_id', 'batch_id'],
  order: [],
  partitionBy: [],
  reads: [],
  retentionDays: 30,
  columns: {
    dataset: { type: 'string', description: 'Dataset' },
    folded_by: { type: 'string', description: 'State table, as layer.name' },
    kafka_timestamp: { type: 'timestamp', description: 'When the newest canary of the batch reached Kafka' },
    query_id: { type: 'string', description: "Id of the query's checkpoint" },
    batch_id: { type: 'bigint', description: 'Batch number within the checkpoint' },
    committed_at: { type: 'timestamp', description: 'When the batch had been folded' },
  },
};

/** Tables of the rails' own, which are no dataset's. */
export const RAIL_TABLES: readonly Table[] = [ledger, canaries];
