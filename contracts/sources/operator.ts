import { z } from 'zod';
import { identifier } from '../identifier.js';
import { boundsSchema } from './http.js';

/** Entries that people make by hand (`sluice allow`, `sluice deny`); its lists are kept and published as those of feeds are. */
export const operatorSchema = z
  .object({
    kind: z.literal('operator'),
    name: identifier,
    category: identifier,
    format: identifier,
    reliability: z.literal(1).default(1),
    role: z.literal('block').default('block'),
    bounds: boundsSchema.prefault({ minEntries: 0, maxBytes: 16 * 1024 * 1024, maxShrink: 1, maxGrowth: 1_000_000, minValid: 0 }),
  })
  .strict();
