import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Home } from '../paths.js';
import { type Spec, until } from '../process.js';

/** Fixed, so that the data folder is recognised after a restart. */
const CLUSTER_ID = 'c2x1aWNlLWxvY2FsLTAwMA';

/** One Kafka 3.9 broker in KRaft mode, plain text on loopback, its data in the home. */
export function kafkaSpec(home: Home, port: number, controllerPort: number): Spec {
  const folder = join(home.data, 'kafka');
  mkdirSync(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  writeFileSync(
    properties,
    `${Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'log.dirs': join(folder, 'logs'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '4',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
    })
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
  );
  const logging = join(folder, 'log4j.properties');
  writeFileSync(
    logging,
    'log4j.rootLogger=WARN, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender\nlog4j.appender.stdout.layout=org.apache.log4j.PatternLayout\nlog4j.appender.stdout.layout.ConversionPattern=%d %p %c %m%n\n',
  );
  const java = join(home.tools, 'java17', 'bin', 'java');
  const classpath = join(home.tools, 'jars', 'kafka', '*');
  if (!existsSync(join(folder, 'logs', 'meta.properties'))) {
    execFileSync(java, [`-Dlog4j.configuration=file:${logging}`, '-cp', classpath, 'kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', CLUSTER_ID, '-c', properties], {
      stdio: 'pipe',
    });
  }
  return {
    name: 'kafka',
    command: java,
    args: ['-Xmx256M', '-Xms128M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Dlog4j.configuration=file:${logging}`, '-cp', classpath, 'kafka.Kafka', properties],
  };
}

/** Ready when the broker leads its cluster and answers for its topics. */
export async function awaitKafka(port: number, describe: () => string, signal?: AbortSignal): Promise<void> {
  const admin = new Kafka({ clientId: 'sluice-probe', brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, connectionTimeout: 1_000, retry: { retries: 0 } }).admin();
  await until(
    async () => {
      try {
        await admin.connect();
        const { brokers, controller } = await admin.describeCluster();
        await admin.listTopics();
        return brokers.length > 0 && controller !== null;
      } catch {
        return false;
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    },
    { timeoutMs: 60_000, everyMs: 200, describe, signal },
  );
}
