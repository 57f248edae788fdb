import type { ParsedDataset } from './dataset.js';
import { COORDINATES, RAW, type Table } from './tables.js';

/** The tables that every dataset has: Bronze, Silver, quarantine. */
export function baseTables(dataset: ParsedDataset): Table[] {
  const { name, record } = dataset;
  return [
    {
      layer: 'bronze',
      name,
      kind: 'fact',
      writer: 'bronze',
      order: [],
      clusterBy: [],
      reads: [],
      description: `Raw records of ${name}, exactly as Kafka held them.`,
      key: ['topic', 'partition', 'offset'],
      partitionBy: ['ingestion_date'],
      retentionDays: dataset.retentionDays.bronze,
      columns: { ...RAW, ingestion_date: { type: 'date', description: 'UTC date of ingested_at; the partition, and the unit of retention' } },
    },
    {
      layer: 'silver',
      name,
      kind: 'fact',
      writer: 'silver',
      partitionBy: [],
      clusterBy: [],
      reads: [],
      description: `Typed, checked records of ${name}, each key once.`,
      key: record.key,
      order: record.order,
      retentionDays: dataset.retentionDays.silver,
      columns: {
        ...Object.fromEntries(Object.entries(record.fields).map(([field, { type, description }]) => [field, { type, description }])),
        ...COORDINATES,
        run_id: { type: 'string', description: 'Run that produced the record (header sluice-run)' },
        warnings: { type: 'array<string>', description: 'Names of the rules of action warn that the record breaks' },
      },
    },
    {
      layer: 'quarantine',
      name,
      kind: 'fact',
      writer: 'silver',
      order: [],
      partitionBy: [],
      clusterBy: [],
      reads: [],
      description: `Records of ${name} that could not enter Silver, whole, with the reason.`,
      key: ['topic', 'partition', 'offset', 'rule'],
      columns: {
        ...RAW,
        rule: { type: 'string', description: 'Name of the rule broken, or `malformed`' },
        reason: { type: 'string', description: 'What was wrong, in words' },
      },
    },
  ];
}
