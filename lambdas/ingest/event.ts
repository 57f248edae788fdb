import { z } from 'zod';
import { pastStepSchema } from './backfill/past.js';

const source = z.string().min(1);
/** Fetch or read, parse and compare, but store and send nothing. */
const dryRun = z.boolean().default(false);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'no sha256');

/** A check as its source's cadence asks for it, or somebody by hand. */
const check = z
  .object({
    event: z.literal('check'),
    source,
    /** Called by a schedule or a flow: a source that an operator paused is then left alone. */
    scheduled: z.boolean().default(false),
    /** Publish all rows even if they were published less than a day ago. */
    whole: z.boolean().default(false),
    dryRun,
  })
  .strict();
/** Accepts the refused body of this sha256, kept aside, instead of fetching: somebody looked at it. */
const release = z.object({ event: z.literal('release'), source, sha256, dryRun }).strict();
/** Reads the kept body of the current snapshot again: the reader has changed. */
const reparse = z.object({ event: z.literal('reparse'), source, dryRun }).strict();
/** Changes what operators say by hand. */
const edit = z.object({ event: z.literal('edit'), source, edit: z.record(z.string(), z.unknown()), dryRun }).strict();
/** Publishes a version of the source's past instead of what it says today: a step of a backfill. */
const backfill = z.object({ event: z.literal('backfill'), source, step: pastStepSchema, dryRun }).strict();

const eventSchema = z.discriminatedUnion('event', [check, release, reparse, edit, backfill]);

/** What a run of the ingest function is asked for. */
export type IngestEvent = z.infer<typeof eventSchema>;
/** As it is sent: what has a default may be left out. */
export type IngestRequest = z.input<typeof eventSchema>;

/** @throws Error naming what is wrong with the event, and which there are */
export function parseEvent(given: unknown): IngestEvent {
  // Schedules and the hourly flow send `{source, scheduled}`, as they did before events had names.
  const named = typeof given === 'object' && given !== null && !('event' in given) ? { event: 'check', ...given } : given;
  const parsed = eventSchema.safeParse(named);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'event'}: ${message}`);
  throw new Error(`the ingest function takes one of check, release, reparse, edit, backfill with its source; ${places.join('; ')}`);
}
