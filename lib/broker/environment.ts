import type { BrokerConnection } from './connection.js';

/** Variables that `lambdas/shared/environment.ts` reads. */
export const brokerEnvironment = ({ bootstrapServers, auth }: BrokerConnection): Record<string, string> => ({ KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, KAFKA_AUTH: auth });
