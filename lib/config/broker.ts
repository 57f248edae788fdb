import { z } from 'zod';

/** The Kafka that a stage works on. */
export const brokerSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('provisioned'),
      instanceType: z.string().default('kafka.t3.small'),
      brokers: z.number().int().min(2).default(2),
      volumeGiB: z.number().int().min(1).default(20),
    })
    .strict(),
  z.object({ kind: z.literal('serverless') }).strict(),
  z.object({ kind: z.literal('existing'), bootstrapServers: z.string().min(1), clusterArn: z.string().startsWith('arn:'), securityGroupId: z.string().startsWith('sg-') }).strict(),
  /** A broker on loopback without authentication: the local stage. */
  z.object({ kind: z.literal('plain'), bootstrapServers: z.string().min(1) }).strict(),
]);
