import type { FedDataset } from '../../contracts/index.js';
import { MONITOR } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import type { OutgoingRecord } from '../shared/producer.js';
import type { Finding, Looked } from './health.js';

/** The one consumer group of the monitor; IAM lets it in by name. */
export const MONITOR_GROUP = 'sluice-monitor';

export interface TopicState {
  readonly name: string;
  readonly partitions: number;
  readonly leaderless: readonly number[];
  readonly retentionMs: number;
}

/** Offsets per partition. */
export type Offsets = Readonly<Record<string, number>>;

/** What the monitor needs of Kafka. Every call fails where the broker cannot be reached. */
export interface KafkaProbe {
  /** Topics that are there, of those asked for. */
  topics(names: readonly string[]): Promise<readonly TopicState[]>;
  /** Offsets of the oldest record and of the next one, of each partition. */
  range(topic: string): Promise<{ readonly begins: Offsets; readonly ends: Offsets }>;
  /** Offset of the first record that is not older than `time`; the end where none is. */
  offsetsAt(topic: string, time: number): Promise<Offsets>;
  /** Produces a record and fetches it back; milliseconds. */
  roundTrip(topic: string, record: OutgoingRecord): Promise<number>;
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Broker reachable, topics as contracted, every partition led, a record there and back. */
export async function lookAtKafka(probe: KafkaProbe, datasets: readonly FedDataset[], through: { readonly topic: string; readonly record: OutgoingRecord }): Promise<Looked> {
  const topics = await probe.topics(datasets.map(({ name }) => name));
  const findings = datasets.map(({ name, topic }): Finding => {
    const found = topics.find((each) => each.name === name);
    const wanted = topic.retentionHours * 3600_000;
    const failed = (message: string): Finding => ({ subject: `topic ${name}`, state: 'failed', message });
    if (!found) return failed('there is no such topic: deploy the topics stack');
    if (found.leaderless.length > 0) return failed(`partition ${found.leaderless.join(', ')} has no leader`);
    if (found.partitions !== topic.partitions) return failed(`${found.partitions} partitions, the contract says ${topic.partitions}`);
    if (found.retentionMs !== wanted)
      return {
        subject: `topic ${name}`,
        state: 'degraded',
        message: `keeps ${found.retentionMs / 3600_000} h, the contract says ${topic.retentionHours}: deploy the topics stack`,
      };
    return { subject: `topic ${name}`, state: 'ok', message: `${found.partitions} partitions, all led` };
  });
  const ms = await probe.roundTrip(through.topic, through.record);
  findings.push({ subject: 'round trip', state: 'ok', message: `a record came back after ${ms} ms` });
  return { summary: `${topics.length} topics, a round trip of ${ms} ms`, findings, metrics: [metric(MONITOR.roundTripMs, ms)] };
}
