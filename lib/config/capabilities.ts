import { z } from 'zod';

/** What the platform under a stage can do. AWS can do it all; the emulator lacks some. */
export const capabilitiesSchema = z
  .object({
    vpc: z.boolean().default(true),
    securityConfiguration: z.boolean().default(true),
    namedQueries: z.boolean().default(true),
    autoDeleteObjects: z.boolean().default(true),
    cdn: z.boolean().default(true),
    compositeAlarms: z.boolean().default(true),
    budgets: z.boolean().default(true),
    notificationKey: z.boolean().default(true),
    backup: z.boolean().default(true),
  })
  .strict()
  .prefault({});
