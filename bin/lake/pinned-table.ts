import { randomBytes } from 'node:crypto';
import { BatchCreatePartitionCommand, CreateTableCommand, DeleteTableCommand, GetTablesCommand, type StorageDescriptor, type TableInput } from '@aws-sdk/client-glue';
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { databaseName } from '../../lib/config.js';
import type { Pinned } from './as-of.js';
import type { DataFile } from './delta.js';
import { writeLog } from './pinned-log.js';
import type { Target } from './target.js';

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

const DELTA: Pick<StorageDescriptor, 'InputFormat' | 'OutputFormat' | 'SerdeInfo'> = {
  InputFormat: 'org.apache.hadoop.mapred.SequenceFileInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' },
};

/** Values of the partition columns, from a file's folders: `date=2026-11-26/x.parquet`. */
function partitionOf(path: string): string[] {
  return path
    .split('/')
    .slice(0, -1)
    .map((part) => decodeURIComponent(part.slice(part.indexOf('=') + 1)));
}

/**
 * A table over the files of one version, for engines without time travel (Athena), with an expiry: Hive's symlinks; where rows of the
 * files are deleted, which Hive does not know, a Delta table of its own that has the same files.
 */
export class PinnedTable {
  private constructor(
    readonly name: string,
    readonly format: 'hive' | 'delta',
    private readonly database: string,
    private readonly folder: string,
    private readonly bucket: string,
    private readonly lake: Target,
  ) {}

  static async create(pinned: Pinned, bucket: string, lake: Target): Promise<PinnedTable> {
    const { table, location, files } = pinned;
    const database = databaseName(lake.identity, table.layer);
    const id = randomBytes(6).toString('hex');
    const made = new PinnedTable(`${PREFIX}${table.name}_${id}`, files.some(({ deleted }) => deleted !== null) ? 'delta' : 'hive', database, `${FOLDER}${id}/`, bucket, lake);
    await made.removeExpired();
    if (made.format === 'delta') {
      await writeLog(pinned, lake.s3, bucket, made.folder);
      await lake.glue.send(new CreateTableCommand({ DatabaseName: database, TableInput: made.deltaRow(Object.entries(table.columns)) }));
      return made;
    }
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

  private deltaRow(columns: [string, { type: string }][]): TableInput {
    const Location = `s3://${this.bucket}/${this.folder}`;
    return {
      Name: this.name,
      TableType: 'EXTERNAL_TABLE',
      Parameters: { EXTERNAL: 'TRUE', [EXPIRY]: String(Date.now() + EXPIRES_MS), 'spark.sql.sources.provider': 'delta', classification: 'delta' },
      StorageDescriptor: {
        ...DELTA,
        Columns: columns.map(([Name, { type }]) => ({ Name, Type: type })),
        Location,
        SerdeInfo: { ...DELTA.SerdeInfo, Parameters: { path: Location } },
      },
    };
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
