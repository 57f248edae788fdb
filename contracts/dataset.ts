import { z } from 'zod';
import { ruleSchema } from './rules.js';
import { isColumnType } from './types.js';

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use snake_case: a-z, 0-9 and _');
const columnType = z.string().refine(isColumnType, {
  error: (issue) =>
    `unknown column type ${JSON.stringify(issue.input)}: use string, int, bigint, double, boolean, timestamp, date, binary, array<T>, map<string,T> or struct<name:T>`,
});

const columnSchema = z.object({ type: columnType, description: z.string().min(1) }).strict();

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

const cadence = z.object({ minutes: z.number().int().min(1) }).strict();

/** Formats of lists that the ingest function parses; datasets/harmful_domains/formats has a parser for each. */
export const LIST_FORMATS = [
  'hosts',
  'plain',
  'adblock',
  'wildcard',
  'rpz',
  'bind',
  'dnsmasq',
  'unbound',
  'urls',
  'urlhaus_csv',
  'threatfox_csv',
  'phishtank_csv',
  'majestic_csv',
  'ranked_csv',
  'sluice_csv',
  'allow_deny_json',
] as const;

/** What a body must keep to; outside, the last good version stays. */
const boundsSchema = z
  .object({
    minEntries: z.number().int().nonnegative(),
    maxBytes: z.number().int().positive(),
    /** Largest part of the current entries that one fetch may take away, 0 to 1. */
    maxShrink: z.number().min(0).max(1),
    /** How many times the current entries one fetch may add. */
    maxGrowth: z.number().positive().default(5),
    /** Smallest part of the names in a body that must be entries, 0 to 1: below it, the body is not of the format. */
    minValid: z.number().min(0).max(1).default(0.5),
  })
  .strict();

/** The file of a repository that a URL gives as it is on a branch; null where it is none. */
export function githubFile(url: string): { readonly repository: string; readonly branch: string; readonly path: string } | null {
  const [, repository, branch, path] = /^https:\/\/raw\.githubusercontent\.com\/([\w.-]+\/[\w.-]+)\/([\w.-]+)\/([^?#]+)$/.exec(url) ?? [];
  return repository && branch && path ? { repository, branch, path } : null;
}

/** What the declaration of a source rests on: the day that a public place said so, the place, and what it said. */
const evidenceSchema = z
  .object({ on: z.iso.date('a day is YYYY-MM-DD'), at: z.url({ protocol: /^https$/, error: 'the place of evidence is an https URL' }), says: z.string().min(1) })
  .strict();

const httpSourceSchema = z
  .object({
    kind: z.literal('http'),
    name: identifier,
    url: z.url({ protocol: /^https$/, error: 'a source URL is https' }),
    format: z.enum(LIST_FORMATS),
    category: identifier,
    cadence,
    /** 0 to 1: how far a listing by this source alone is believed. */
    reliability: z.number().min(0).max(1),
    /**
     * Whose findings these are: sources of one origin count once where two independent ones are asked for.
     * @default - the source's name
     */
    origin: identifier.optional(),
    /** `block`: what it lists is harmful. `popular`: what it lists is widely used, and needs two origins to count as harmful. */
    role: z.enum(['block', 'popular']).default('block'),
    /** Rows taken from the top of a ranked list. @default - all */
    top: z.number().int().positive().optional(),
    licence: z.string().min(1),
    /** Whether the licence or terms let a business use the list. Where not, the source is off until somebody switches it on. */
    commercialUse: z.boolean().default(true),
    homepage: z.url(),
    /** Where this declaration was last held against the public, newest first. */
    evidence: z.array(evidenceSchema).default([]),
    /** A key that the source asks for, kept in Secrets Manager as `APP/STAGE/sources/SECRET`; `{key}` in the URL, or a header. */
    key: z
      .object({ secret: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a secret name is of a-z, 0-9 and -'), header: z.string().optional() })
      .strict()
      .optional(),
    /** The source's own wish: no two fetches closer than this. @default - none */
    minIntervalMinutes: z.number().int().positive().optional(),
    bounds: boundsSchema,
    enabled: z.boolean().default(true),
    /** Why it is off by default, where neither its key nor its terms say so. */
    offBecause: z.string().min(1).optional(),
    /** Where its publisher keeps the versions of the past, for `sluice backfill`: `github`, the repository that the URL is of. @default - nowhere */
    past: z.enum(['github']).optional(),
  })
  .strict()
  .refine(({ url, past }) => past !== 'github' || githubFile(url) !== null, {
    error: 'its past is in a GitHub repository, so its URL is https://raw.githubusercontent.com/OWNER/REPOSITORY/BRANCH/PATH',
    path: ['past'],
  })
  .refine(({ enabled, commercialUse }) => commercialUse || !enabled, { error: 'its terms forbid commercial use, so it is off by default: enabled: false', path: ['enabled'] })
  .refine(({ enabled, key }) => key === undefined || !enabled, { error: 'it needs a key, which a fresh stage has not: enabled: false', path: ['enabled'] })
  .refine(({ enabled, commercialUse, key, offBecause }) => (!enabled && commercialUse && key === undefined) === (offBecause !== undefined), {
    error: 'a source that is off by default for another reason than its key or its terms, and no other, says why: offBecause',
    path: ['offBecause'],
  })
  .refine(({ evidence }) => evidence.every(({ on }, i) => i === 0 || on <= (evidence[i - 1]?.on ?? on)), {
    error: 'the newest evidence comes first',
    path: ['evidence'],
  })
  .refine(({ url, key }) => url.includes('{key}') === (key !== undefined && key.header === undefined), {
    error: 'a key goes into the URL as {key}, or into a header',
    path: ['key'],
  });

/** Entries that people make by hand (`sluice allow`, `sluice deny`); its lists are kept and published as those of feeds are. */
const operatorSourceSchema = z
  .object({
    kind: z.literal('operator'),
    name: identifier,
    category: identifier,
    format: z.literal('allow_deny_json').default('allow_deny_json'),
    reliability: z.literal(1).default(1),
    role: z.literal('block').default('block'),
    bounds: boundsSchema.prefault({ minEntries: 0, maxBytes: 16 * 1024 * 1024, maxShrink: 1, maxGrowth: 1_000_000, minValid: 0 }),
  })
  .strict();

const landingSourceSchema = z
  .object({ kind: z.literal('landing'), name: identifier, prefix: z.string().regex(/^[a-z0-9/_-]+\/$/, 'a prefix ends with /'), format: identifier })
  .strict();

/** Somebody else produces to the dataset's topic: `producer` says who. */
const kafkaSourceSchema = z.object({ kind: z.literal('kafka'), name: identifier, producer: z.string().min(1) }).strict();

const sourceSchema = z.discriminatedUnion('kind', [httpSourceSchema, operatorSourceSchema, landingSourceSchema, kafkaSourceSchema]);

const tableSchema = z
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
    record: z.object({ key: z.array(identifier).min(1), order: z.array(identifier).default([]), fields: z.record(identifier, fieldSchema) }).strict(),
    sources: z.array(sourceSchema).min(1),
    topic: z.object({ partitions: z.number().int().positive(), retentionHours: z.number().int().positive() }).strict(),
    retentionDays: z.object({ bronze: z.number().int().positive(), silver: z.number().int().positive().optional() }).strict(),
    /** Tables beyond Bronze, Silver and quarantine, which every dataset has. */
    tables: z.array(tableSchema).default([]),
    rules: z.array(ruleSchema).default([]),
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
export type Source = z.infer<typeof sourceSchema>;
export type HttpSource = z.infer<typeof httpSourceSchema>;
export type OperatorSource = z.infer<typeof operatorSourceSchema>;
/** A source whose lists the ingest function parses, keeps and publishes by difference. */
export type ListSource = HttpSource | OperatorSource;
export type Field = z.infer<typeof fieldSchema>;
export type Table = z.infer<typeof tableSchema>;
export type Layer = Table['layer'];
export type Writer = Table['writer'];
export type Dataset = Omit<z.infer<typeof datasetSchema>, 'tables'> & { readonly tables: readonly Table[] };

/** Where a record stood in Kafka; every table but Gold's carries it. */
export const COORDINATES = {
  topic: { type: 'string', description: 'Kafka topic the record came from' },
  partition: { type: 'int', description: 'Kafka partition' },
  offset: { type: 'bigint', description: 'Kafka offset within the partition' },
  kafka_timestamp: { type: 'timestamp', description: 'Time the broker holds for the record' },
} as const;

const RAW = {
  key: { type: 'binary', description: 'Kafka key, bytes as received' },
  value: { type: 'binary', description: 'Kafka value, bytes as received' },
  headers: { type: 'array<struct<key:string,value:binary>>', description: 'Kafka headers, bytes as received' },
  ...COORDINATES,
  ingested_at: { type: 'timestamp', description: 'Time the Bronze batch read the record' },
} as const;

function derivedTables(dataset: z.infer<typeof datasetSchema>): Table[] {
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

/** Cross-checks that no single field's schema can make. Each message names the place. */
function checkWhole(dataset: Dataset): string[] {
  const problems: string[] = [];
  const fields = new Set(Object.keys(dataset.record.fields));
  for (const field of [...dataset.record.key, ...dataset.record.order]) {
    if (!fields.has(field)) problems.push(`record.key: no field "${field}"`);
  }
  if (!fields.has('source')) problems.push('record.fields: no field "source", by which canaries are told from records');
  for (const field of Object.keys(dataset.canary.fields)) {
    if (!fields.has(field)) problems.push(`canary.fields: no field "${field}"`);
  }
  for (const field of dataset.record.key) {
    if (dataset.record.fields[field]?.pii === 'drop') problems.push(`record.key: "${field}" is dropped as personal, so it cannot be a key`);
  }
  for (const rule of dataset.rules) {
    if (!fields.has(rule.field)) problems.push(`rules.${rule.name}: no field "${rule.field}"`);
    if (rule.kind === 'matches') {
      try {
        new RegExp(rule.pattern, 'u');
      } catch (cause) {
        problems.push(`rules.${rule.name}: pattern is not a regular expression: ${(cause as Error).message}`);
      }
    }
  }
  for (const names of [dataset.rules.map((r) => r.name), dataset.sources.map((s) => s.name), dataset.tables.map((t) => `${t.layer}.${t.name}`)]) {
    for (const name of names.filter((n, i) => names.indexOf(n) !== i)) problems.push(`"${name}" is declared twice`);
  }
  for (const table of dataset.tables) {
    for (const column of [...table.key, ...table.order, ...table.partitionBy, ...table.clusterBy]) {
      if (!(column in table.columns)) problems.push(`tables.${table.layer}.${table.name}: no column "${column}"`);
    }
    const silverDays = dataset.retentionDays.silver;
    if (table.layer === 'gold' && silverDays !== undefined && (table.retentionDays ?? Infinity) > silverDays) {
      problems.push(`tables.gold.${table.name}: keeps rows longer than Silver's ${silverDays} days, so it could not be recomputed`);
    }
  }
  return problems;
}

/**
 * Declares a dataset: validates it and adds the Bronze, Silver and quarantine tables that every dataset has.
 *
 * @throws Error naming the dataset and each place that is wrong.
 */
export function defineDataset(input: DatasetInput): Dataset {
  const parsed = datasetSchema.safeParse(input);
  const name = typeof input.name === 'string' ? input.name : '?';
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(root)'}: ${issue.message}`);
    throw new Error(`contract "${name}" is not valid:\n${places.join('\n')}`);
  }
  const dataset: Dataset = { ...parsed.data, tables: [...derivedTables(parsed.data), ...parsed.data.tables] };
  const problems = checkWhole(dataset);
  if (problems.length > 0) throw new Error(`contract "${name}" is not valid:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  return dataset;
}
