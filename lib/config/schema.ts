import { z } from 'zod';
import { backupSchema } from './backup.js';
import { brokerSchema } from './broker.js';
import { capabilitiesSchema } from './capabilities.js';
import { ingestionSchema } from './ingestion.js';
import { medallionSchema } from './medallion.js';
import { monitoringSchema } from './monitoring.js';
import { networkSchema } from './network.js';

export const STAGES = ['local', 'dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];
export const PROFILES = ['tiny', 'standard', 'prod'] as const;
export type Profile = (typeof PROFILES)[number];

/** What a stage is. Every value a person may want to change is here; `config.test.ts` pins the defaults. */
export const configSchema = z
  .object({
    app: z
      .string()
      .regex(/^[a-z][a-z0-9]{1,15}$/, 'an app name is 2 to 16 of a-z and 0-9')
      .default('sluice'),
    stage: z.enum(STAGES),
    /** What size and price the defaults are of. */
    profile: z.enum(PROFILES),
    account: z
      .string()
      .regex(/^\d{12}$/, 'an account has 12 digits')
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region is like eu-central-1')
      .optional(),
    network: networkSchema,
    broker: brokerSchema,
    medallion: medallionSchema,
    athena: z
      .object({
        scanLimitBytes: z
          .number()
          .int()
          .min(10_000_000)
          .default(100 * 1024 ** 3),
      })
      .strict()
      .prefault({}),
    ingestion: ingestionSchema,
    export: z
      .object({
        /** How often is looked whether the lists have changed; where they have, they are exported. */
        everyMinutes: z.number().int().min(15).default(60),
        schedule: z.boolean().default(true),
      })
      .strict()
      .prefault({}),
    monitoring: monitoringSchema,
    backup: backupSchema,
    /** Keep buckets, tables, keys and the broker when their stack is deleted. */
    retainData: z.boolean().default(true),
    /** The second word: data is deleted with its stack only if `retainData` is false and this names the stage. */
    deleteDataOf: z.enum(STAGES).optional(),
    terminationProtection: z.boolean().default(false),
    capabilities: capabilitiesSchema,
    /** The front door of the AWS on this machine, which functions reach even inside an emulator that we did not start. */
    local: z.object({ awsEndpoint: z.url() }).strict().optional(),
  })
  .strict()
  .superRefine(({ region, network: { zones = [], vpcId }, account, broker }, context) => {
    const elsewhere = zones.filter((zone) => region !== undefined && !new RegExp(`^${region}[a-z]$`).test(zone));
    if (elsewhere.length > 0) context.addIssue({ code: 'custom', path: ['network', 'zones'], message: `${elsewhere.join(', ')} is not in ${region}` });
    if (broker.kind === 'provisioned' && zones.length > 0 && broker.brokers % zones.length !== 0)
      context.addIssue({ code: 'custom', path: ['network', 'zones'], message: `${broker.brokers} brokers do not spread evenly over ${zones.length} zones` });
    if (vpcId !== undefined && (account === undefined || region === undefined))
      context.addIssue({
        code: 'custom',
        path: ['network', 'vpcId'],
        message:
          'a VPC is looked up, for which account and region must be known: ./sluice deploy and npx cdk know those of the credentials, else set SLUICE_ACCOUNT and SLUICE_REGION',
      });
  });

export type Config = z.infer<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
