import { z } from 'zod';
import { baseTables } from './base-tables.js';
import { checkWhole } from './check.js';
import { exportsSchema } from './exports.js';
import { identifier } from './identifier.js';
import { ruleSchema } from './rules.js';
import { sourceSchema } from './sources/index.js';
import { columnType, type Table, tableSchema } from './tables.js';

const fieldSchema = z
  .object({
    type: columnType,
    description: z.string().min(1),
    /** Unit of a number, in full: `bytes`, `milliseconds`. */
    unit: z.string().optional(),
    example: z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
    /** A personal field, and what becomes of it before Kafka, never after. */
    pii: z.enum(['hash', 'truncate', 'drop']).optional(),
  })
  .strict();

/** How tables are kept, by the job that writes each. */
export const maintenanceSchema = z
  .object({
    /** Small files are compacted after so many commits. */
    optimiseAfterCommits: z.number().int().positive().default(200),
    vacuumEveryHours: z.number().int().positive().default(24),
    /** How far back versions can be read; Delta asks for a week at least. */
    keepVersionsHours: z.number().int().min(168).default(168),
  })
  .strict()
  .prefault({});

const datasetSchema = z
  .object({
    name: identifier,
    /** Raised by one with every additive change of the record; travels in the header `sluice-schema`. */
    version: z.number().int().positive(),
    owner: z.string().min(1),
    description: z.string().min(1),
    terms: z.string().min(1),
    record: z
      .object({
        key: z.array(identifier).min(1),
        order: z.array(identifier).default([]),
        /** Of sources that are published by difference: fields of which a change is news. Where a row stands in its body is none. */
        content: z.array(identifier).default([]),
        fields: z.record(identifier, fieldSchema),
      })
      .strict(),
    sources: z.array(sourceSchema).min(1),
    topic: z.object({ partitions: z.number().int().positive(), retentionHours: z.number().int().positive() }).strict(),
    retentionDays: z.object({ bronze: z.number().int().positive(), silver: z.number().int().positive().optional() }).strict(),
    /** Tables beyond Bronze, Silver and quarantine, which every dataset has. */
    tables: z.array(tableSchema).default([]),
    rules: z.array(ruleSchema).default([]),
    /** What is written out of the lake for others to fetch. @default - nothing */
    exports: exportsSchema.optional(),
    maintenance: maintenanceSchema,
    /** How the canary of the dataset looks: values beyond the examples, and SQL for the time of the newest one that Gold holds. */
    canary: z.object({ fields: z.record(identifier, z.union([z.string(), z.number(), z.boolean(), z.null()])), gold: z.string().min(1) }).strict(),
    service: z
      .object({
        triggerSeconds: z.number().int().positive(),
        /** Whether nobody waits for it: its queries keep to triggerSeconds even where a job hurries the others. */
        background: z.boolean().default(false),
        /** Largest part of a batch's records that may go to quarantine, in percent, before an alarm. */
        quarantinePercent: z.number().positive().max(100).default(2),
        freshnessMinutes: z.object({ bronze: z.number().positive(), silver: z.number().positive(), gold: z.number().positive() }).strict(),
        severity: z.enum(['page', 'ticket', 'notice']),
      })
      .strict(),
    /** SQL that the Athena workgroup, the command line and the data dictionary offer by name. */
    queries: z.array(z.object({ name: identifier, description: z.string(), sql: z.string() }).strict()).default([]),
  })
  .strict();

export type DatasetInput = z.input<typeof datasetSchema>;
/** A declaration that passed the schema; its own tables are not there yet. */
export type ParsedDataset = z.infer<typeof datasetSchema>;
export type Field = z.infer<typeof fieldSchema>;
export type Dataset = Omit<z.infer<typeof datasetSchema>, 'tables'> & { readonly tables: readonly Table[] };

/** A dataset whose type still knows the fields that `I` declares: {@link RecordOf} reads them. */
export type DatasetOf<I extends DatasetInput> = Omit<Dataset, 'record'> & {
  readonly record: Omit<Dataset['record'], 'fields'> & {
    readonly fields: { readonly [Name in keyof I['record']['fields']]: Field & { readonly type: I['record']['fields'][Name]['type'] } };
  };
};

/**
 * Declares a dataset: validates it and adds the Bronze, Silver and quarantine tables that every dataset has.
 *
 * @throws Error naming the dataset and each place that is wrong.
 */
export function defineDataset<const I extends DatasetInput>(input: I): DatasetOf<I> {
  const parsed = datasetSchema.safeParse(input);
  const name = typeof input.name === 'string' ? input.name : '?';
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(root)'}: ${issue.message}`);
    throw new Error(`contract "${name}" is not valid:\n${places.join('\n')}`);
  }
  const dataset: Dataset = { ...parsed.data, tables: [...baseTables(parsed.data), ...parsed.data.tables] };
  const problems = checkWhole(dataset);
  if (problems.length > 0) throw new Error(`contract "${name}" is not valid:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  // The schema gives back the fields that it was given, each with its type.
  return dataset as Dataset as DatasetOf<I>;
}
