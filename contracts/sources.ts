import { z } from 'zod';
import { identifier } from './identifier.js';

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

export const sourceSchema = z.discriminatedUnion('kind', [httpSourceSchema, operatorSourceSchema, landingSourceSchema, kafkaSourceSchema]);

export type Source = z.infer<typeof sourceSchema>;
export type HttpSource = z.infer<typeof httpSourceSchema>;
export type OperatorSource = z.infer<typeof operatorSourceSchema>;
/** A source whose lists the ingest function parses, keeps and publishes by difference. */
export type ListSource = HttpSource | OperatorSource;
