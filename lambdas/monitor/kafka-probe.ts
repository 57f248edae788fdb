import type { Admin, Kafka, Producer as KafkaProducer } from 'kafkajs';
import { messageOf } from '../shared/kafka.js';
import { kafkaTopicAdmin } from '../topics/kafka-admin.js';
import { type KafkaProbe, MONITOR_GROUP, type Offsets } from './kafka-health.js';

const ROUND_TRIP_MS = 30_000;
const LEADERLESS = -1;

const offsetsOf = (entries: readonly { partition: number; offset: string }[]): Offsets => Object.fromEntries(entries.map(({ partition, offset }) => [partition, Number(offset)]));

/** {@link KafkaProbe} on kafkajs. */
export class KafkajsProbe implements KafkaProbe {
  private admin: Admin | undefined;
  private producer: KafkaProducer | undefined;

  constructor(private readonly kafka: Kafka) {}

  private async connected(): Promise<Admin> {
    if (!this.admin) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.admin = admin;
    }
    return this.admin;
  }

  private async sender(): Promise<KafkaProducer> {
    if (!this.producer) {
      const producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
      await producer.connect();
      this.producer = producer;
    }
    return this.producer;
  }

  async topics(names: readonly string[]) {
    const admin = await this.connected();
    const topics = kafkaTopicAdmin(admin);
    const found = await Promise.all(
      names.map(async (name) => {
        const described = await topics.describe(name);
        if (described === null) return [];
        const { topics: metadata } = await admin.fetchTopicMetadata({ topics: [name] });
        const leaderless = (metadata[0]?.partitions ?? []).filter(({ leader }) => leader === LEADERLESS).map(({ partitionId }) => partitionId);
        return [{ name, ...described, leaderless }];
      }),
    );
    return found.flat();
  }

  async range(topic: string) {
    const found = await (await this.connected()).fetchTopicOffsets(topic);
    return {
      begins: offsetsOf(found.map(({ partition, low }) => ({ partition, offset: low }))),
      ends: offsetsOf(found.map(({ partition, high }) => ({ partition, offset: high }))),
    };
  }

  async offsetsAt(topic: string, time: number): Promise<Offsets> {
    const admin = await this.connected();
    return offsetsOf(await admin.fetchTopicOffsetsByTimestamp(topic, Math.floor(time)));
  }

  async send(topic: string, records: Parameters<KafkaProbe['send']>[1]): Promise<void> {
    await (await this.sender()).send({ topic, acks: -1, messages: records.map(messageOf) });
  }

  async roundTrip(topic: string, record: Parameters<KafkaProbe['roundTrip']>[1]): Promise<number> {
    const began = performance.now();
    const [sent] = await (await this.sender()).send({ topic, acks: -1, messages: [messageOf(record)] });
    const { partition, baseOffset = '0' } = sent ?? { partition: 0 };
    const consumer = this.kafka.consumer({ groupId: MONITOR_GROUP, sessionTimeout: 10_000, rebalanceTimeout: 10_000, allowAutoTopicCreation: false });
    let timer: NodeJS.Timeout | undefined;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: false });
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`a record of ${topic} was produced and did not come back within ${ROUND_TRIP_MS / 1000} s`)), ROUND_TRIP_MS);
        const fetched = async ({ partition: from, message }: { partition: number; message: { offset: string } }) => {
          if (from === partition && BigInt(message.offset) >= BigInt(baseOffset)) resolve();
        };
        consumer.run({ autoCommit: false, eachMessage: fetched }).then(() => consumer.seek({ topic, partition, offset: baseOffset }), reject);
      });
      return Math.round(performance.now() - began);
    } finally {
      clearTimeout(timer);
      await consumer.disconnect();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.admin?.disconnect(), this.producer?.disconnect()]);
  }
}
