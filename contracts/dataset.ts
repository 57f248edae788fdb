import { z } from 'zod';
import { baseTables } from './base-tables.js';
import { exportsSchema } from './exports.js';
import { identifier } from './identifier.js';
import { ruleSchema } from './rules.js';
import { sourceSchema } from './sources/index.js';
import { columnType, DERIVED_KEY, type Table, tableSchema } from './tables.js';
import { validateWhole } from './validate.js';
import { WRITERS, type Writer } from './writers.js';

const fieldSchema = z
  .object({
    type: columnType,
    description: z.string().min(1),
    /** Unit of a number, in full: `bytes`, `milliseconds`. */
    unit: z.string().optional(),
    example: z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())], {
      error: 'an example of the field: a text, a number, true, false, null, or a list of texts',
    }),
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

const minutes = z.number().positive();
const service = <Layers extends z.ZodRawShape>(freshnessMinutes: Layers) =>
  z
    .object({
      triggerSeconds: z.number().int().positive(),
      /** Whether nobody waits for it: its queries keep to triggerSeconds even where a job hurries the others. */
      background: z.boolean().default(false),
      /** Largest part of a batch's records that may go to quarantine, in percent, before an alarm. */
      quarantinePercent: z.number().positive().max(100).default(2),
      freshnessMinutes: z.object(freshnessMinutes).strict(),
      severity: z.enum(['page', 'ticket', 'notice']),
    })
    .strict();

const common = {
  name: identifier,
  /** Raised by one with every additive change of the record; travels in the header `sluice-schema`. */
  version: z.number().int().positive(),
  owner: z.string().min(1),
  description: z.string().min(1),
  terms: z.string().min(1),
  /** Tables beyond Bronze, Silver and quarantine. */
  tables: z.array(tableSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** What is written out of the lake for others to fetch. @default - nothing */
  exports: exportsSchema.optional(),
  maintenance: maintenanceSchema,
  /** SQL that the Athena workgroup, the command line and the data dictionary offer by name. */
  queries: z.array(z.object({ name: identifier, description: z.string(), sql: z.string() }).strict()).default([]),
};
const order = z.array(identifier).default([]);
const days = z.number().int().positive();
const fields = z.record(identifier, fieldSchema);

/** A dataset that a topic feeds. */
const fedSchema = z
  .object({
    ...common,
    record: z
      .object({
        key: z.array(identifier).min(1),
        order,
        /** Of sources that are published by difference: fields of which a change is news. Where a row stands in its body is none. */
        content: z.array(identifier).default([]),
        fields,
      })
      .strict(),
    sources: z.array(sourceSchema).min(1),
    topic: z.object({ partitions: z.number().int().positive(), retentionHours: z.number().int().positive() }).strict(),
    retentionDays: z.object({ bronze: days, silver: days.optional() }).strict(),
    /** How the canary of the dataset looks: values beyond the examples of its fields. */
    canary: z.object({ fields: z.record(identifier, z.union([z.string(), z.number(), z.boolean(), z.null()])) }).strict(),
    service: service({ bronze: minutes, silver: minutes, gold: minutes }),
  })
  .strict();

/**
 * A dataset whose rows are made of another's: none, one or many of each row of its Silver. It has neither sources nor topic
 * nor Bronze; a row's key is where the record stood that it was made of, and which of its rows it is.
 */
const derivedSchema = z
  .object({
    ...common,
    derived: z.object({ from: identifier }).strict(),
    record: z.object({ order, fields }).strict(),
    retentionDays: z.object({ silver: days.optional() }).strict().default({}),
    service: service({ silver: minutes, gold: minutes }),
  })
  .strict();

export type DatasetInput = z.input<typeof fedSchema>;
export type DerivedInput = z.input<typeof derivedSchema>;
export type Field = z.infer<typeof fieldSchema>;
type Fed = z.infer<typeof fedSchema>;

/** A dataset as the rest of the house sees it, fed or derived. */
export type Dataset = Omit<Fed, 'tables' | 'topic' | 'retentionDays' | 'service'> & {
  /** None where it is derived. */
  readonly topic?: Fed['topic'];
  /** None where a topic feeds it. */
  readonly derived?: { readonly from: string };
  readonly retentionDays: { readonly bronze?: number; readonly silver?: number };
  readonly service: Omit<Fed['service'], 'freshnessMinutes'> & { readonly freshnessMinutes: { readonly bronze?: number; readonly silver: number; readonly gold: number } };
  readonly tables: readonly Table[];
};
export type FedDataset = Dataset & Pick<Fed, 'topic' | 'retentionDays' | 'service'>;
export type DerivedDataset = Dataset & { readonly derived: { readonly from: string } };
export const isFed = (dataset: Dataset): dataset is FedDataset => dataset.topic !== undefined;
export const isDerived = (dataset: Dataset): dataset is DerivedDataset => dataset.derived !== undefined;

/** The layers that a dataset's rows go through, and how fresh each must be, in minutes. */
export function freshnessLimits({ service: { freshnessMinutes } }: Pick<Dataset, 'service'>): { readonly layer: Writer; readonly minutes: number }[] {
  return WRITERS.flatMap((layer) => {
    const limit = freshnessMinutes[layer];
    return limit === undefined ? [] : [{ layer, minutes: limit }];
  });
}

/** A dataset whose type still knows the fields that `I` declares: {@link RecordOf} reads them. */
export type DatasetOf<I extends DatasetInput | DerivedInput> = Omit<I extends DatasetInput ? FedDataset : DerivedDataset, 'record'> & {
  readonly record: Omit<Dataset['record'], 'fields'> & {
    readonly fields: { readonly [Name in keyof I['record']['fields']]: Field & { readonly type: I['record']['fields'][Name]['type'] } };
  };
};

function parse(input: DatasetInput | DerivedInput): Omit<Dataset, 'tables'> & { readonly tables: readonly Table[] } {
  if (!('derived' in input)) return fedSchema.parse(input);
  const { record, ...parsed } = derivedSchema.parse(input);
  return { ...parsed, sources: [], record: { ...record, key: [...DERIVED_KEY], content: [] }, canary: { fields: {} } };
}

/** What is wrong. Of a name that is none, that stands within the issue. */
function wrongIn(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  if (issue.code === 'unrecognized_keys') return `${issue.message}: what there is, docs/adding-a-dataset.md names and contracts/ declares`;
  return issue.message.endsWith('received undefined') ? `is missing (${issue.message})` : issue.message;
}

/** An issue with its place. */
const said = (issue: z.core.$ZodIssue): string => `${issue.path.join('.') || '(root)'}: ${wrongIn(issue)}`;

/**
 * Declares a dataset: validates it and adds the tables that every dataset has.
 *
 * @throws Error naming the dataset and each place that is wrong.
 */
export function defineDataset<const I extends DatasetInput | DerivedInput>(input: I): DatasetOf<I> {
  const refused = (problems: readonly string[]) =>
    new Error(`contract "${typeof input.name === 'string' ? input.name : '?'}" is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(input);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw refused(cause.issues.map(said));
  }
  const dataset: Dataset = { ...parsed, tables: [...baseTables(parsed), ...parsed.tables] };
  const problems = validateWhole(dataset);
  if (problems.length > 0) throw refused(problems);
  // The schema gives back the fields that it was given, each with its type.
  return dataset as Dataset as DatasetOf<I>;
}
