import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../paths.js';
import { type Spec, until } from '../process.js';

/** Catalog that Athena calls AwsDataCatalog. */
export const TRINO_CATALOG = 'lake';
/** Catalog of tables over the files of one version, which Athena reads from the same catalog as the others. */
export const PINNED_CATALOG = 'pinned';

/** Trino 476 on loopback: Delta tables through the Glue catalog, read only. */
export function trinoSpec(home: Home, port: number, emulatorPort: number): Spec {
  const folder = join(home.data, 'trino');
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'catalog'), { recursive: true });
  const endpoint = `http://127.0.0.1:${emulatorPort}`;
  const write = (name: string, values: Record<string, string>) =>
    writeFileSync(
      join(etc, name),
      `${Object.entries(values)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n')}\n`,
    );
  write('config.properties', {
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': String(port),
    'discovery.uri': `http://127.0.0.1:${port}`,
    'query.max-memory': '600MB',
    'query.max-memory-per-node': '600MB',
    'memory.heap-headroom-per-node': '300MB',
    'plugin.dir': join(home.tools, 'trino', 'plugin'),
  });
  write('log.properties', { 'io.trino': 'WARN', 'io.airlift': 'WARN' });
  const glue = {
    'hive.metastore': 'glue',
    'hive.metastore.glue.region': 'us-east-1',
    'hive.metastore.glue.endpoint-url': endpoint,
    'hive.metastore.glue.aws-access-key': 'test',
    'hive.metastore.glue.aws-secret-key': 'test',
    'fs.native-s3.enabled': 'true',
    's3.endpoint': endpoint,
    's3.region': 'us-east-1',
    's3.path-style-access': 'true',
    's3.aws-access-key': 'test',
    's3.aws-secret-key': 'test',
  };
  write(`catalog/${TRINO_CATALOG}.properties`, { 'connector.name': 'delta_lake', ...glue, 'delta.security': 'READ_ONLY', 'delta.metadata.cache-ttl': '0s' });
  write(`catalog/${PINNED_CATALOG}.properties`, { 'connector.name': 'hive', ...glue, 'hive.security': 'read-only' });
  const node = { 'node.environment': 'sluice', 'node.id': 'sluice-local', 'node.data-dir': folder, 'node.bind-ip': '127.0.0.1', 'node.internal-address': '127.0.0.1' };
  const java25 = join(home.tools, 'java25');
  return {
    name: 'trino',
    command: join(java25, 'bin', 'java'),
    env: { JAVA_HOME: java25 },
    args: [
      '-Xmx1536M',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:ReservedCodeCacheSize=256M',
      '-XX:+ExitOnOutOfMemoryError',
      '-XX:-OmitStackTraceInFastThrow',
      '-Djdk.attach.allowAttachSelf=true',
      '-Dfile.encoding=UTF-8',
      '--enable-native-access=ALL-UNNAMED',
      '--sun-misc-unsafe-memory-access=allow',
      ...Object.entries(node).map(([name, value]) => `-D${name}=${value}`),
      `-Dconfig=${join(etc, 'config.properties')}`,
      `-Dlog.levels-file=${join(etc, 'log.properties')}`,
      `-Dcatalog.config-dir=${join(etc, 'catalog')}`,
      '-cp',
      join(home.tools, 'trino', 'lib', '*'),
      'io.trino.server.TrinoServer',
    ],
  };
}

/** Ready when it has answered a SELECT. */
export async function awaitTrino(port: number, describe: () => string, signal?: AbortSignal): Promise<void> {
  await until(
    async () => {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/v1/info`, { signal: AbortSignal.timeout(1_000) });
        return response.ok && ((await response.json()) as { starting?: boolean }).starting === false;
      } catch {
        return false;
      }
    },
    { timeoutMs: 180_000, everyMs: 250, describe, signal },
  );
}
