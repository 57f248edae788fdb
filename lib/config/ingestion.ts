import { z } from 'zod';
import { isLoopbackUrl } from '../../lambdas/shared/recorded-feeds.js';

export const ingestionSchema = z
  .object({
    /** Serve feeds from here instead of their own addresses: `URL/SOURCE`. @default - the contracts' URLs */
    feedsUrl: z.url().refine(isLoopbackUrl, { error: 'recorded feeds are on this machine: a URL of 127.0.0.1 or localhost' }).optional(),
    memoryMiB: z.number().int().min(128).default(512),
    schedules: z.boolean().default(true),
    /** Sources that the hourly flow checks side by side. */
    concurrency: z.number().int().min(1).max(40).default(4),
    /** Before a source that failed is tried again by the flow; doubled the second time. */
    retrySeconds: z.number().int().min(1).default(30),
    /** Tell people of every hourly run, not only of those in which something went wrong. */
    notifyAlways: z.boolean().default(false),
    /** Sources that the contracts leave off (terms, keys) and this stage wants. */
    sourcesOn: z.array(z.string()).default([]),
    /** Sources that the contracts have on and this stage does not want. */
    sourcesOff: z.array(z.string()).default([]),
  })
  .strict()
  .prefault({});
