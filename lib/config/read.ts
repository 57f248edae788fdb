import type { z } from 'zod';
import { commaList, type ENVIRONMENT, type Environment } from '../environment.js';
import type { subscribersSchema } from './monitoring.js';
import type { ConfigInput } from './schema.js';

export const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

export function booleanOf(env: Environment, name: keyof typeof ENVIRONMENT): boolean | undefined {
  const text = env[name];
  if (text === undefined || text === 'true' || text === 'false') return text === undefined ? undefined : text === 'true';
  throw new Error(`${name} is "${text}": use true or false`);
}

/** `6-22`, hours of the day; `always`. What is none is left to the schema, which says so. */
export function windowOf(text: string): { fromHour: number; toHour: number } | undefined {
  if (text === 'always') return undefined;
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text.trim()) ?? [];
  return { fromHour: Number(from), toHour: Number(to) };
}

export const listOf = (text: string | undefined): string[] | undefined => (text === undefined ? undefined : commaList(text));

export function subscribersOf(emails: string | undefined, urls: string | undefined, slack: string | undefined): z.input<typeof subscribersSchema> {
  const [workspaceId = '', channelId = ''] = slack?.split('/') ?? [];
  return { emails: listOf(emails) ?? [], urls: listOf(urls) ?? [], ...(slack === undefined ? {} : { slack: { workspaceId, channelId } }) };
}

export function brokerOf(env: Environment, fallback: ConfigInput['broker']): ConfigInput['broker'] {
  if (env.SLUICE_KAFKA_BOOTSTRAP_SERVERS && fallback.kind === 'plain') return { kind: 'plain', bootstrapServers: env.SLUICE_KAFKA_BOOTSTRAP_SERVERS };
  // Half of a cluster is refused by the schema, which names the other half.
  if (env.SLUICE_MSK_BOOTSTRAP_SERVERS ?? env.SLUICE_MSK_CLUSTER_ARN ?? env.SLUICE_MSK_SECURITY_GROUP_ID) {
    return {
      kind: 'existing',
      bootstrapServers: env.SLUICE_MSK_BOOTSTRAP_SERVERS ?? '',
      clusterArn: env.SLUICE_MSK_CLUSTER_ARN ?? '',
      securityGroupId: env.SLUICE_MSK_SECURITY_GROUP_ID ?? '',
    };
  }
  if (env.SLUICE_BROKER === undefined || env.SLUICE_BROKER === fallback.kind) return fallback;
  if (env.SLUICE_BROKER === 'serverless' || env.SLUICE_BROKER === 'provisioned') return { kind: env.SLUICE_BROKER };
  throw new Error(`SLUICE_BROKER is "${env.SLUICE_BROKER}": use provisioned or serverless`);
}
