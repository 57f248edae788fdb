import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../paths.js';

/** The Python of drivers. By its real path: the archive of classes is good for the class path that it was made with. */
export const driverPython = (home: Home): string => join(realpathSync(join(home.tools, 'python')), 'bin', 'python');

/** Options of a JVM that maps the archive of classes (localstack/install/classes.py), where there is one. */
function sharedClasses(home: Home): string {
  const archive = join(home.tools, 'classes', 'spark.jsa');
  return existsSync(archive) ? `"-XX:SharedArchiveFile=${realpathSync(archive)}" ` : '';
}

/**
 * Spark settings of this machine, on top of the job's own. Two cores and small batches: planning and compiling cost more
 * than running, so plans are small and code is interpreted (docs/decisions/0003).
 */
export function sparkProfile(
  home: Home,
  options: { readonly s3Endpoint: string; readonly uiPort: number; readonly memory: string; readonly runTmp: string },
): Record<string, string> {
  const { s3Endpoint, uiPort, memory, runTmp } = options;
  return {
    'spark.master': 'local[2]',
    'spark.driver.memory': memory,
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.host': '127.0.0.1',
    'spark.ui.port': String(uiPort),
    'spark.ui.showConsoleProgress': 'false',
    // The console looks and does nothing: it has no guard against web pages (localstack/guard.ts).
    'spark.ui.killEnabled': 'false',
    'spark.local.dir': runTmp,
    'spark.sql.warehouse.dir': join(runTmp, 'warehouse'),
    'spark.driver.extraClassPath': join(realpathSync(join(home.tools, 'jars')), 'spark', '*'),
    'spark.driver.extraJavaOptions': `${sharedClasses(home)}-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC "-Djava.io.tmpdir=${runTmp}" "-Dderby.system.home=${runTmp}"`,
    'spark.sql.shuffle.partitions': '1',
    'spark.default.parallelism': '2',
    'spark.sql.adaptive.enabled': 'false',
    'spark.sql.codegen.wholeStage': 'false',
    'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
    'spark.databricks.delta.snapshotPartitions': '1',
    'spark.sql.streaming.numRecentProgressUpdates': '5',
    'spark.sql.ui.retainedExecutions': '50',
    'spark.ui.retainedJobs': '100',
    'spark.ui.retainedStages': '100',
    'spark.hadoop.fs.s3a.endpoint': s3Endpoint,
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
    'spark.hadoop.fs.s3a.access.key': 'test',
    'spark.hadoop.fs.s3a.secret.key': 'test',
    'spark.hadoop.fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
    'spark.hadoop.fs.s3a.buffer.dir': runTmp,
    // Without this each PUT is followed by a DELETE of its parents' markers.
    'spark.hadoop.fs.s3a.directory.marker.retention': 'keep',
  };
}

const quote = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

/** `PYSPARK_SUBMIT_ARGS` of a driver with these settings. */
export const submitArguments = (conf: Readonly<Record<string, string>>): string =>
  [...Object.entries(conf).flatMap(([name, value]) => ['--conf', quote(`${name}=${value}`)]), 'pyspark-shell'].join(' ');

/** What makes a session speak Delta; a Glue job has it from its `--conf`. */
export const DELTA_CONF = {
  'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
  'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
} as const;

/** Splits Glue's `--conf` value, `a=b --conf c=d`. */
export function parseGlueConf(value: string | undefined): Record<string, string> {
  if (!value) return {};
  return Object.fromEntries(
    value.split(/\s+--conf\s+/).map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
