import type { Table } from './tables.js';

/**
 * The ledger: one row per Silver batch. `read = inserted + duplicate + quarantined + dropped`, each counted by itself.
 * It is the one `ops` table that is no dataset: the Silver driver writes it beside the batch it speaks of.
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
  clusterBy: [],
  reads: [],
  columns: {
    dataset: { type: 'string', description: 'Dataset' },
    query_id: { type: 'string', description: "Id of the query's checkpoint" },
    batch_id: { type: 'bigint', description: 'Batch number within the checkpoint' },
    committed_at: { type: 'timestamp', description: 'When the batch was written' },
    read: { type: 'bigint', description: 'Records read from Bronze' },
    inserted: { type: 'bigint', description: 'Rows that the MERGE inserted, as its commit counted them' },
    duplicate: { type: 'bigint', description: 'Records whose key Silver or the batch already held' },
    quarantined: { type: 'bigint', description: 'Records set aside' },
    dropped: { type: 'bigint', description: 'Records that a rule of action drop took out' },
    canaries: { type: 'bigint', description: 'Canary records among the read; in no other column' },
    residual: { type: 'bigint', description: 'read - inserted - duplicate - quarantined - dropped; must be 0' },
    offsets: {
      type: 'array<struct<topic:string,partition:int,first_offset:bigint,last_offset:bigint,records:bigint>>',
      description: 'Range of Kafka offsets per partition, and how many records of it the batch held',
    },
  },
};
