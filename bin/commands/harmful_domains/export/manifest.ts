import { z } from 'zod';

const fileSchema = z.object({
  path: z.string(),
  latest: z.string(),
  entries: z.number(),
  /** Entries that a name above says already, and those that the format cannot hold. */
  left_out: z.object({ covered: z.number(), unsayable: z.number() }),
  /** Entries that block less than they mean. */
  narrowed: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});
export const manifestSchema = z.object({
  version: z.string(),
  previous: z.string().nullable(),
  as_of: z.string(),
  expires_hours: z.number(),
  delta_version: z.number(),
  licences: z.array(z.string()).nullable(),
  tiers: z.record(
    z.string(),
    z.object({
      title: z.string(),
      least_confidence: z.number(),
      entries: z.number(),
      exceptions: z.array(z.object({ name: z.string(), itself: z.boolean(), below: z.boolean() })),
      added: z.number(),
      removed: z.number(),
      files: z.record(z.string(), fileSchema),
    }),
  ),
  sources: z.array(z.object({ name: z.string(), licence: z.string(), attribution: z.string(), category: z.string() })),
});
/** `manifest.json` of an export (docs/lists.md). */
export type Manifest = z.infer<typeof manifestSchema>;
