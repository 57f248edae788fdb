import { z } from 'zod';
import { identifier } from './identifier.js';
import { isColumnType } from './types.js';
import type { Writer } from './writers.js';

export const columnType = z.string().refine(isColumnType, {
  error: (issue) =>
    `unknown column type ${JSON.stringify(issue.input)}: use string, int, bigint, double, boolean, timestamp, date, binary, array<T>, map<string,T> or struct<name:T>`,
});

const columnSchema = z.object({ type: columnType, description: z.string().min(1) }).strict();

/** Layers in the order in which rows go through them; a table reads no later one. What the lakehouse says of itself comes last. */
export const LAYERS = ['bronze', 'silver', 'quarantine', 'gold', 'ops'] as const;

const shown = (input: unknown): string => JSON.stringify(input);

/** A table beyond those that every dataset has: computed from its dataset's Silver by the dataset's own Spark code. */
export const tableSchema = z
  .object({
    layer: z.enum(['gold', 'ops'], { error: ({ input }) => `layer ${shown(input)} is not made by a contract: own tables are in gold, or in ops` }),
    name: identifier,
    /** `state`: one row per key, folded from facts; `periodic`: brought up to date on a schedule. */
    kind: z.enum(['state', 'periodic'], {
      error: ({ input }) => `kind ${shown(input)} of a table is not built: there are state (a row per key, folded from facts) and periodic (brought up to date on a schedule)`,
    }),
    description: z.string().min(1),
    key: z.array(identifier).min(1),
    /** Fields that order the versions of one thing; the fold takes the highest. */
    order: z.array(identifier).default([]),
    partitionBy: z.array(identifier).default([]),
    /** The one job that may write the table. */
    writer: z.literal('gold', { error: ({ input }) => `writer ${shown(input)} computes no tables: the gold job does` }),
    /** @default - kept for ever */
    retentionDays: z.number().int().positive().optional(),
    /** A periodic table's: seconds between two times that it is brought up to date. */
    everySeconds: z.number().int().positive().optional(),
    /** What a periodic table reads beside its own Silver: a dataset's Silver by the dataset's name, any other table as `gold.name`. */
    reads: z.array(z.string().regex(/^([a-z]+\.)?[a-z][a-z0-9_]*$/, 'a dataset, or a table as layer.name')).default([]),
    columns: z.record(identifier, columnSchema),
  })
  .strict()
  .refine(({ kind, everySeconds }) => (kind === 'periodic') === (everySeconds !== undefined), {
    error: 'a periodic table, and no other, says how often it is brought up to date',
    path: ['everySeconds'],
  })
  .refine(({ kind, reads }) => kind === 'periodic' || reads.length === 0, {
    error: 'a state table is folded from its own Silver alone: a periodic one reads others',
    path: ['reads'],
  });

export type OwnTable = z.infer<typeof tableSchema>;
export type Layer = (typeof LAYERS)[number];
/** `fact`: rows that are only added. */
export type Table = Omit<OwnTable, 'layer' | 'kind' | 'writer'> & { readonly layer: Layer; readonly kind: 'fact' | OwnTable['kind']; readonly writer: Writer };

/** Whether a contract declares the table itself: the others every dataset has. */
export const isOwnTable = (table: Table): table is OwnTable => table.kind !== 'fact';

export const fullName = ({ layer, name }: Pick<Table, 'layer' | 'name'>): string => `${layer}.${name}`;

/** Where a record stood in Kafka; every table but Gold's carries it. */
export const COORDINATES = {
  topic: { type: 'string', description: 'Kafka topic the record came from' },
  partition: { type: 'int', description: 'Kafka partition' },
  offset: { type: 'bigint', description: 'Kafka offset within the partition' },
  kafka_timestamp: { type: 'timestamp', description: 'Time the broker holds for the record' },
} as const;

/** Which of the rows that were made of one record; with the record's coordinates the key of a derived row. */
export const ORDINAL = { type: 'bigint', description: 'Which of the rows that were made of the record at these coordinates' } as const;
export const DERIVED_KEY = ['topic', 'partition', 'offset', 'ordinal'] as const;

export const RAW = {
  key: { type: 'binary', description: 'Kafka key, bytes as received' },
  value: { type: 'binary', description: 'Kafka value, bytes as received' },
  headers: { type: 'array<struct<key:string,value:binary>>', description: 'Kafka headers, bytes as received' },
  ...COORDINATES,
  ingested_at: { type: 'timestamp', description: 'Time the Bronze batch read the record' },
} as const;

/** Names that the rails' own columns have: no field of a record may have one. */
export const RESERVED_COLUMNS: readonly string[] = [...Object.keys(RAW), 'warnings', 'ordinal'];
