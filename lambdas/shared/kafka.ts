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

/** Kafka on this machine answers at once: what failed is tried again soon. */
const LOCAL_RETRY = { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 };
/**
 * With IAM a broker of kafka.t3.small takes four new connections a second (MSK developer guide, quota): who was turned away
 * waits a second and more. 1.25, 2.5, 5, 10 and 10 s, a fifth more or less, stay within the minute that the shortest function has.
 */
const IAM_RETRY = { retries: 5, initialRetryTime: 1_250, factor: 0.2, multiplier: 2, maxRetryTime: 10_000 };

/** What kafkajs is given for MSK (IAM, TLS), or for a local broker. */
export function kafkaSettings({ bootstrapServers, auth, region }: KafkaConnection, clientId: string): KafkaConfig {
  const iam: Partial<KafkaConfig> = {
    ssl: true,
    retry: IAM_RETRY,
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region })).token }),
    },
  };
  return {
    clientId,
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.ERROR,
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: LOCAL_RETRY,
    ...(auth === 'iam' ? iam : {}),
  };
}

/** A kafkajs client. kafkajs stays behind this file and {@link Producer}. */
export const kafkaClient = (connection: KafkaConnection, clientId: string): Kafka => new Kafka(kafkaSettings(connection, clientId));

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
