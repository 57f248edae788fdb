import { type Admin, ConfigResourceTypes } from 'kafkajs';
import type { TopicAdmin } from './ensure-topics.js';

const RETENTION = 'retention.ms';
const PREFERRED_REPLICATION = 3;

/** {@link TopicAdmin} on kafkajs. */
export function kafkaTopicAdmin(admin: Admin): TopicAdmin {
  return {
    async describe(name) {
      if (!(await admin.listTopics()).includes(name)) return null;
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: [RETENTION] }] });
      const retention = resources[0]?.configEntries.find(({ configName }) => configName === RETENTION)?.configValue;
      return { partitions: topics[0]?.partitions.length ?? 0, retentionMs: Number(retention) };
    },
    async create({ name, partitions, retentionMs, replication }) {
      const brokers = (await admin.describeCluster()).brokers.length;
      const replicationFactor = replication ?? Math.min(PREFERRED_REPLICATION, brokers);
      await admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries: [{ name: RETENTION, value: String(retentionMs) }] }],
      });
    },
    async setRetention(name, retentionMs) {
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries: [{ name: RETENTION, value: String(retentionMs) }] }] });
    },
  };
}
