/** A topic as the contracts want it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** @default - the most that the broker can: 3, or its number of brokers */
  readonly replication?: number;
}

export interface TopicDescription {
  readonly partitions: number;
  readonly retentionMs: number;
}

/** What this function needs of a broker. */
export interface TopicAdmin {
  /** Null where there is no such topic. */
  describe(name: string): Promise<TopicDescription | null>;
  create(spec: TopicSpec): Promise<void>;
  setRetention(name: string, retentionMs: number): Promise<void>;
}

/**
 * Brings the broker's topics to what the contracts say, and asserts afterwards that it holds. Idempotent. Never deletes
 * a topic, nor changes a partition count: keys would move between partitions.
 *
 * @throws Error naming the topic, what is wrong and the way out
 */
export async function ensureTopics(specs: readonly TopicSpec[], admin: TopicAdmin): Promise<void> {
  for (const spec of specs) {
    const existing = await admin.describe(spec.name);
    if (existing === null) {
      await admin.create(spec);
    } else if (existing.partitions !== spec.partitions) {
      throw new Error(
        `topic ${spec.name} has ${existing.partitions} partitions, the contract says ${spec.partitions}: partition counts are frozen once made; set the contract back, or make a new topic and drain this one`,
      );
    } else if (existing.retentionMs !== spec.retentionMs) {
      await admin.setRetention(spec.name, spec.retentionMs);
    }
  }
  for (const spec of specs) {
    const made = await admin.describe(spec.name);
    if (made?.partitions !== spec.partitions || made.retentionMs !== spec.retentionMs) {
      throw new Error(`topic ${spec.name}: the broker says ${JSON.stringify(made)}, the contract ${spec.partitions} partitions and ${spec.retentionMs} ms`);
    }
  }
}
