import { randomBytes } from 'node:crypto';
import { BatchCreatePartitionCommand, CreateTableCommand, DeleteTableCommand, GetTablesCommand, type StorageDescriptor } from '@aws-sdk/client-glue';
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Table } from '../../contracts/index.js';
import { databaseName } from '../../lib/config.js';
import { CliError, EXIT } from '../output.js';
import { BrokenLog, type DataFile, oldestReadable, type TableLocation, versionAt } from './delta.js';
import { findTable, fullName, openTable } from './tables.js';
import type { Target } from './target.js';

/** A table at one version. */
export interface Pinned {
  readonly table: Table;
  readonly version: number;
  readonly location: TableLocation;
  readonly files: readonly DataFile[];
}

const REFERENCE = /\b(FROM|JOIN)(\s+)(bronze|silver|gold|quarantine|ops)\.([a-z_][a-z0-9_]*)\b/gi;

/** Tables that SQL reads, each once. @throws CliError where it reads none of the lake */
export function tablesRead(sql: string): Table[] {
  const names = [...new Set([...sql.matchAll(REFERENCE)].map(([, , , layer, name]) => `${layer?.toLowerCase()}.${name?.toLowerCase()}`))];
  if (names.length === 0) throw new CliError('--as-of is of tables, and the SQL reads none after FROM or JOIN', EXIT.misuse);
  return names.map(findTable);
}

/** Puts something in the place of each table that SQL reads. */
export const replaceTables = (sql: string, by: (name: string) => string): string =>
  sql.replace(REFERENCE, (_, word: string, space: string, layer: string, name: string) => `${word}${space}${by(`${layer.toLowerCase()}.${name.toLowerCase()}`)}`);

/**
 * The version of a table that `asOf` means: a number, or a time.
 *
 * @throws CliError where it is neither, or beyond what VACUUM has kept
 */
export async function versionOf(table: Table, asOf: string, lake: Target): Promise<Pinned> {
  const isVersion = /^\d+$/.test(asOf);
  const time = isVersion ? Number.NaN : Date.parse(asOf);
  if (!isVersion && Number.isNaN(time)) throw new CliError(`${asOf}: neither a version such as 42, nor a time such as 2026-11-26T12:00:00Z`, EXIT.misuse);
  const delta = await openTable(table, lake);
  try {
    const latest = await delta.snapshot();
    const version = isVersion ? Number(asOf) : versionAt(latest, time);
    const oldest = oldestReadable(latest, await delta.stored());
    if (version < oldest) throw new BrokenLog(`version ${version} can no longer be read: VACUUM has kept ${oldest} to ${latest.version}`);
    return { table, version, location: delta.location, files: [...(await delta.snapshot(version)).files.values()] };
  } catch (cause) {
    if (cause instanceof BrokenLog) throw new CliError(`${fullName(table)}: ${cause.message}`);
    throw cause;
  }
}

/**
 * The version of each table that SQL reads: a number, for SQL over one table, or a time.
 *
 * @throws CliError where it is neither, or beyond what VACUUM has kept
 */
export async function pinned(sql: string, asOf: string, lake: Target): Promise<Pinned[]> {
  const tables = tablesRead(sql);
  if (/^\d+$/.test(asOf) && tables.length > 1)
    throw new CliError(`--as-of ${asOf}: a version is of one table, the SQL reads ${tables.map(fullName).join(', ')}: give a time`, EXIT.misuse);
  return Promise.all(tables.map((table) => versionOf(table, asOf, lake)));
}

/** How long a temporary table stays where the command that made it died. */
const EXPIRES_MS = 24 * 3_600_000;
const PREFIX = 'as_of_';
const FOLDER = 'athena/as-of/';
const EXPIRY = 'sluice.expires';
const PARTITION_BATCH = 100;

const SYMLINK: Pick<StorageDescriptor, 'InputFormat' | 'OutputFormat' | 'SerdeInfo'> = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe', Parameters: { 'serialization.format': '1' } },
};

/** Values of the partition columns, from a file's folders: `date=2026-11-26/x.parquet`. */
function partitionOf(path: string): string[] {
  return path
    .split('/')
    .slice(0, -1)
    .map((part) => decodeURIComponent(part.slice(part.indexOf('=') + 1)));
}

/** A table over the files of one version, for engines without time travel (Athena): Hive's symlinks, and an expiry. */
export class PinnedTable {
  private constructor(
    readonly name: string,
    private readonly database: string,
    private readonly folder: string,
    private readonly bucket: string,
    private readonly lake: Target,
  ) {}

  static async create({ table, location, files }: Pinned, bucket: string, lake: Target): Promise<PinnedTable> {
    const database = databaseName(lake.identity, table.layer);
    const id = randomBytes(6).toString('hex');
    const made = new PinnedTable(`${PREFIX}${table.name}_${id}`, database, `${FOLDER}${id}/`, bucket, lake);
    await made.removeExpired();
    const url = (path: string) => `s3://${location.bucket}/${location.path}/${path}`;
    const column = ([Name, { type }]: [string, { type: string }]) => ({ Name, Type: type });
    const columns = Object.entries(table.columns);
    const groups = new Map<string, DataFile[]>();
    for (const file of files) {
      const key = JSON.stringify(table.partitionBy.length === 0 ? [] : partitionOf(file.path));
      groups.set(key, [...(groups.get(key) ?? []), file]);
    }
    if (table.partitionBy.length === 0 && groups.size === 0) groups.set('[]', []);
    const partitions: { Values: string[]; StorageDescriptor: StorageDescriptor }[] = [];
    const data = columns.filter(([name]) => !table.partitionBy.includes(name)).map(column);
    let number = 0;
    for (const [key, group] of groups) {
      const values = JSON.parse(key) as string[];
      const folder = values.length === 0 ? made.folder : `${made.folder}${number++}/`;
      await lake.s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}manifest`, Body: group.map(({ path }) => `${url(path)}\n`).join('') }));
      if (values.length > 0) partitions.push({ Values: values, StorageDescriptor: { ...SYMLINK, Columns: data, Location: `s3://${bucket}/${folder}` } });
    }
    await lake.glue.send(
      new CreateTableCommand({
        DatabaseName: database,
        TableInput: {
          Name: made.name,
          TableType: 'EXTERNAL_TABLE',
          Parameters: { EXTERNAL: 'TRUE', [EXPIRY]: String(Date.now() + EXPIRES_MS) },
          PartitionKeys: columns.filter(([name]) => table.partitionBy.includes(name)).map(column),
          StorageDescriptor: { ...SYMLINK, Columns: data, Location: `s3://${bucket}/${made.folder}` },
        },
      }),
    );
    for (let i = 0; i < partitions.length; i += PARTITION_BATCH)
      await lake.glue.send(new BatchCreatePartitionCommand({ DatabaseName: database, TableName: made.name, PartitionInputList: partitions.slice(i, i + PARTITION_BATCH) }));
    return made;
  }

  async remove(): Promise<void> {
    const { glue, s3 } = this.lake;
    await glue.send(new DeleteTableCommand({ DatabaseName: this.database, Name: this.name }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.folder }));
    if (Contents.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
  }

  /** Removes what commands that died have left; their manifests expire with the bucket's own rule. */
  private async removeExpired(): Promise<void> {
    const { TableList = [] } = await this.lake.glue.send(new GetTablesCommand({ DatabaseName: this.database, Expression: `${PREFIX}*` }));
    for (const { Name = '', Parameters = {} } of TableList) {
      if (Name.startsWith(PREFIX) && Number(Parameters[EXPIRY] ?? Infinity) < Date.now()) await this.lake.glue.send(new DeleteTableCommand({ DatabaseName: this.database, Name }));
    }
  }
}
