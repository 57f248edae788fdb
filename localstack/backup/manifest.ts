import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { datasets } from '../../datasets/index.js';

/** The file of an archive that says what is in it. */
export const MANIFEST = 'manifest.json';

export const manifestSchema = z.object({
  format: z.literal(1),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  feeds: z.enum(['recorded', 'live']),
  /** Version of each dataset's contract. */
  contracts: z.record(z.string(), z.number().int()),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

/** Something is wrong with a backup's file, or with where it should go. Nothing was changed. */
export class BackupError extends Error {}

/** Version of each dataset's contract, as this Sluice has it. */
export const contractVersions = (): Record<string, number> => Object.fromEntries(datasets.map(({ name, version }) => [name, version]));

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
