import { z } from 'zod';

export const backupSchema = z
  .object({
    /** Days for which what was overwritten or deleted in lake and landing can be brought back. @default - no versions are kept */
    versionsDays: z.number().int().min(1).optional(),
    /** Days that daily copies of lake, landing and state table are kept by AWS Backup, which needs versions. @default - none are made */
    dailyDays: z.number().int().min(1).optional(),
  })
  .strict()
  .refine(({ versionsDays, dailyDays }) => dailyDays === undefined || versionsDays !== undefined, {
    error: 'AWS Backup copies only buckets that keep versions: give versionsDays (SLUICE_VERSIONS_DAYS) too',
    path: ['dailyDays'],
  })
  .prefault({});
