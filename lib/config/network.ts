import { z } from 'zod';

export const networkSchema = z
  .object({
    /** An existing VPC to use. @default - a new one is made */
    vpcId: z.string().startsWith('vpc-').optional(),
    natGateways: z.number().int().min(1).default(1),
    availabilityZones: z.number().int().min(2).max(3).default(2),
    /** Names of the zones, as many as there are to be. @default - the region's first ones, as the account sees them */
    zones: z
      .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'a zone is like eu-central-1b'))
      .min(2, 'a broker wants two zones or three')
      .max(3, 'a broker wants two zones or three')
      .refine((zones) => new Set(zones).size === zones.length, 'a zone is named twice')
      .optional(),
  })
  .strict()
  .prefault({});
