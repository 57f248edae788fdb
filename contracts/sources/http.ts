import { z } from 'zod';
import { identifier } from '../identifier.js';

const cadence = z.object({ minutes: z.number().int().min(1) }).strict();

/** What a body must keep to; outside, the last good version stays. Rows are what a reader gives: entries of a list, records of a document. */
export const boundsSchema = z
  .object({
    minEntries: z.number().int().nonnegative(),
    maxBytes: z.number().int().positive(),
    /** Largest part of the current rows that one fetch may take away, 0 to 1. */
    maxShrink: z.number().min(0).max(1),
    /** How many times the current rows one fetch may add. */
    maxGrowth: z.number().positive().default(5),
    /** Largest part of the current rows of which one fetch may say something else, 0 to 1. */
    maxChange: z.number().min(0).max(1).default(1),
    /** Smallest part of the rows in a body that must be good, 0 to 1: below it, the body is not of the format. */
    minValid: z.number().min(0).max(1).default(0.5),
  })
  .strict();

/** What the declaration of a source rests on: the day that a public place said so, the place, and what it said. */
const evidenceSchema = z
  .object({ on: z.iso.date('a day is YYYY-MM-DD'), at: z.url({ protocol: /^https$/, error: 'the place of evidence is an https URL' }), says: z.string().min(1) })
  .strict();

/** What every source has that is fetched from an address. */
export const httpFields = {
  name: identifier,
  url: z.url({ protocol: /^https$/, error: 'a source URL is https' }),
  cadence,
  licence: z.string().min(1),
  /** Whether the licence or terms let a business use it. Where not, the source is off until somebody switches it on. */
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
  enabled: z.boolean().default(true),
  /** Why it is off by default, where neither its key nor its terms say so. */
  offBecause: z.string().min(1).optional(),
};

type HttpFields = z.infer<z.ZodObject<typeof httpFields>>;

/** What holds between the fields of every source that is fetched. */
export const validateHttp = ({ url, enabled, commercialUse, key, offBecause, evidence }: HttpFields, wrong: (message: string, path: string) => void): void => {
  if (enabled && !commercialUse) wrong('its terms forbid commercial use, so it is off by default: enabled: false', 'enabled');
  if (enabled && key !== undefined) wrong('it needs a key, which a fresh stage has not: enabled: false', 'enabled');
  if ((!enabled && commercialUse && key === undefined) !== (offBecause !== undefined))
    wrong('a source that is off by default for another reason than its key or its terms, and no other, says why: offBecause', 'offBecause');
  if (evidence.some(({ on }, i) => i > 0 && on > (evidence[i - 1]?.on ?? on))) wrong('the newest evidence comes first', 'evidence');
  if (url.includes('{key}') !== (key !== undefined && key.header === undefined)) wrong('a key goes into the URL as {key}, or into a header', 'key');
};
