import type { Dataset } from './dataset.js';
import { COORDINATES, DERIVED_KEY, ORDINAL, RAW, type Table } from './tables.js';

const rows = (): Pick<Table, 'kind' | 'order' | 'partitionBy' | 'reads'> => ({ kind: 'fact', order: [], partitionBy: [], reads: [] });
const BROKEN = {
  rule: { type: 'string', description: 'Name of the rule broken, or `malformed`' },
  reason: { type: 'string', description: 'What was wrong, in words' },
} as const;

/** Where a dataset's rows stood: those of a derived one stand where the record stood that they were made of. */
const placeOf = ({ derived }: Pick<Dataset, 'derived'>) => (derived === undefined ? COORDINATES : { ...COORDINATES, ordinal: ORDINAL });

function silver({ name, record, retentionDays, derived }: Omit<Dataset, 'tables'>): Table {
  return {
    ...rows(),
    layer: 'silver',
    name,
    writer: 'silver',
    description: derived === undefined ? `Typed, checked records of ${name}, each key once.` : `Checked rows of ${name}, made of those of silver.${derived.from}, each once.`,
    key: record.key,
    order: record.order,
    retentionDays: retentionDays.silver,
    columns: {
      ...Object.fromEntries(Object.entries(record.fields).map(([field, { type, description }]) => [field, { type, description }])),
      ...placeOf({ derived }),
      run_id: { type: 'string', description: 'Run that produced the record (header sluice-run)' },
      warnings: { type: 'array<string>', description: 'Names of the rules of action warn that the record breaks' },
    },
  };
}

/** Tables that every dataset has: Silver and quarantine, and where a topic feeds it, Bronze. */
export function baseTables(dataset: Omit<Dataset, 'tables'>): Table[] {
  const { name, retentionDays, derived } = dataset;
  const quarantine = { ...rows(), layer: 'quarantine' as const, name, writer: 'silver' as const };
  if (derived !== undefined)
    return [
      silver(dataset),
      {
        ...quarantine,
        description: `Rows of ${name} that could not enter its Silver, whole, with the reason.`,
        key: [...DERIVED_KEY, 'rule'],
        columns: { value: { type: 'string', description: 'The derived row, as JSON' }, ...placeOf(dataset), ...BROKEN },
      },
    ];
  return [
    {
      ...rows(),
      layer: 'bronze',
      name,
      writer: 'bronze',
      description: `Raw records of ${name}, exactly as Kafka held them.`,
      key: ['topic', 'partition', 'offset'],
      partitionBy: ['ingestion_date'],
      retentionDays: retentionDays.bronze,
      columns: { ...RAW, ingestion_date: { type: 'date', description: 'UTC date of ingested_at; the partition, and the unit of retention' } },
    },
    silver(dataset),
    {
      ...quarantine,
      description: `Records of ${name} that could not enter Silver, whole, with the reason.`,
      key: ['topic', 'partition', 'offset', 'rule'],
      columns: { ...RAW, ...BROKEN },
    },
  ];
}
