import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import { CompressionTypes, Kafka, type KafkaConfig, logLevel, type Message } from 'kafkajs';
import type { OutgoingRecord, Producer } from './producer.js';

export interface KafkaConnection {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string;
  /** `iam` on MSK, `none` on a broker that listens on loopback. */
  readonly auth: 'iam' | 'none';
  readonly region: string;
}

/** A kafkajs client for MSK (IAM, TLS) or a local broker. kafkajs stays behind this file and {@link Producer}. */
export function kafkaClient({ bootstrapServers, auth, region }: KafkaConnection, clientId: string): Kafka {
  const iam: Partial<KafkaConfig> = {
    ssl: true,
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region })).token }),
    },
  };
  return new Kafka({
    clientId,
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.ERROR,
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
    ...(auth === 'iam' ? iam : {}),
  });
}

/** An idempotent producer, connected at its first send. */
export function kafkaProducer(connection: KafkaConnection): Producer {
  const producer = kafkaClient(connection, 'sluice-ingest').producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  let connected: Promise<void> | undefined;
  return {
    async send(topic, records) {
      connected ??= producer.connect();
      await connected;
      await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages: records.map(messageOf) });
    },
    async close() {
      if (connected) await producer.disconnect();
    },
  };
}

const buffer = (data: string | Uint8Array | null): string | Buffer | null => (data instanceof Uint8Array ? Buffer.from(data) : data);

/** As kafkajs takes it. */
export const messageOf = ({ key, value, headers }: OutgoingRecord): Message => ({
  key: buffer(key),
  value: buffer(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, data]) => [name, data instanceof Uint8Array ? Buffer.from(data) : data])),
});
