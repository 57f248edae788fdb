import { z } from 'zod';
import { identifier } from './identifier.js';
import { isColumnType } from './types.js';

export const columnType = z.string().refine(isColumnType, {
  error: (issue) =>
    `unknown column type ${JSON.stringify(issue.input)}: use string, int, bigint, double, boolean, timestamp, date, binary, array<T>, map<string,T> or struct<name:T>`,
});

const columnSchema = z.object({ type: columnType, description: z.string().min(1) }).strict();

export const tableSchema = z
  .object({
    layer: z.enum(['bronze', 'silver', 'gold', 'quarantine', 'ops']),
    name: identifier,
    /**
     * `fact`: insert-only events; `state`: one row per key, folded from facts; `periodic`: brought up to date on a
     * schedule; `template`: one table per tenant, made on first sight.
     */
    kind: z.enum(['fact', 'state', 'periodic', 'template']),
    description: z.string().min(1),
    key: z.array(identifier).min(1),
    /** Fields that order the versions of one thing; the fold takes the highest. */
    order: z.array(identifier).default([]),
    partitionBy: z.array(identifier).default([]),
    clusterBy: z.array(identifier).default([]),
    /** The one job that may write the table. */
    writer: z.enum(['bronze', 'silver', 'gold', 'analytics']),
    /** @default - kept for ever */
    retentionDays: z.number().int().positive().optional(),
    /** A periodic table's: seconds between two times that it is brought up to date. */
    everySeconds: z.number().int().positive().optional(),
    /** Datasets whose Silver a periodic table reads beside its own. */
    reads: z.array(identifier).default([]),
    columns: z.record(identifier, columnSchema),
  })
  .strict()
  .refine(({ kind, everySeconds }) => (kind === 'periodic') === (everySeconds !== undefined), {
    error: 'a periodic table, and no other, says how often it is brought up to date',
    path: ['everySeconds'],
  });

export type Table = z.infer<typeof tableSchema>;
export type Layer = Table['layer'];
export type Writer = Table['writer'];

/** Where a record stood in Kafka; every table but Gold's carries it. */
export const COORDINATES = {
  topic: { type: 'string', description: 'Kafka topic the record came from' },
  partition: { type: 'int', description: 'Kafka partition' },
  offset: { type: 'bigint', description: 'Kafka offset within the partition' },
  kafka_timestamp: { type: 'timestamp', description: 'Time the broker holds for the record' },
} as const;

export const RAW = {
  key: { type: 'binary', description: 'Kafka key, bytes as received' },
  value: { type: 'binary', description: 'Kafka value, bytes as received' },
  headers: { type: 'array<struct<key:string,value:binary>>', description: 'Kafka headers, bytes as received' },
  ...COORDINATES,
  ingested_at: { type: 'timestamp', description: 'Time the Bronze batch read the record' },
} as const;
