import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type DeletionVector, type VectorOfLog, vectorOf } from './deletion-vectors.js';

/** A data file of a table, as its log has it. */
export interface DataFile {
  /** Below the table's path, decoded. */
  readonly path: string;
  readonly size: number;
  /** Rows that are not marked as deleted; null where the log does not say. */
  readonly records: number | null;
  /** Which of its rows are deleted; null where none is. */
  readonly deleted: DeletionVector | null;
}

export interface Commit {
  readonly version: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly operation: string;
  /** Files that the commit took out of the table, or out of use: data files and those of deletion vectors. */
  readonly removed: readonly string[];
}

export interface Snapshot {
  readonly version: number;
  readonly files: ReadonlyMap<string, DataFile>;
  /** Commits that are still in the log, the oldest first. */
  readonly commits: readonly Commit[];
  /** Oldest version that the log can still rebuild. */
  readonly oldestInLog: number;
  readonly metadata: Metadata | null;
}

/** What the log says of a table's columns. */
export interface Metadata {
  /** Spark's JSON of a struct. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
}

/** Where a table is: `s3://BUCKET/PATH/`. */
export interface TableLocation {
  readonly bucket: string;
  readonly path: string;
}

interface Action {
  readonly add?: { readonly path: string; readonly size: number | bigint; readonly stats?: string; readonly deletionVector?: VectorOfLog | null };
  readonly remove?: { readonly path: string; readonly deletionVector?: VectorOfLog | null };
  readonly metaData?: Metadata | null;
  readonly commitInfo?: { readonly timestamp?: number; readonly operation?: string };
}

const JSON_COMMIT = /\/_delta_log\/(\d{20})\.json$/;
const CHECKPOINT = /\/_delta_log\/(\d{20})\.checkpoint(?:\.\d+\.\d+)?\.parquet$/;

/** A table's log is not as Delta writes it. */
export class BrokenLog extends Error {
  override readonly name = 'BrokenLog';
}

async function* objects(s3: S3Client, Bucket: string, Prefix: string): AsyncGenerator<{ key: string; size: number }> {
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }));
    for (const { Key = '', Size = 0 } of page.Contents ?? []) yield { key: Key, size: Size };
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
}

async function bytes(s3: S3Client, Bucket: string, Key: string): Promise<Uint8Array> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  if (!Body) throw new BrokenLog(`s3://${Bucket}/${Key} is empty`);
  return Body.transformToByteArray();
}

const recordsOf = (stats: string | undefined): number | null => (stats === undefined ? null : ((JSON.parse(stats) as { numRecords?: number }).numRecords ?? null));

function fileOf({ path, size, stats, deletionVector }: NonNullable<Action['add']>): DataFile {
  const [records, deleted] = [recordsOf(stats), deletionVector ? vectorOf(deletionVector) : null];
  return { path: decodeURIComponent(path), size: Number(size), records: records === null ? null : records - (deleted?.rows ?? 0), deleted };
}

const removedBy = ({ path, deletionVector }: NonNullable<Action['remove']>): string[] => {
  const vector = deletionVector ? vectorOf(deletionVector).path : null;
  return [decodeURIComponent(path), ...(vector === null ? [] : [vector])];
};

const metadataIn = (actions: readonly Action[]): Metadata | undefined =>
  actions.map(({ metaData }) => metaData).findLast((each) => each !== undefined && each !== null) ?? undefined;

/** A table's log and what it holds, read by itself: no engine is asked. */
export class DeltaTable {
  private readonly jsons = new Map<number, string>();
  private readonly checkpoints = new Map<number, string[]>();

  private constructor(
    private readonly s3: S3Client,
    readonly location: TableLocation,
  ) {}

  /** @throws BrokenLog where there is no table */
  static async open(s3: S3Client, location: TableLocation): Promise<DeltaTable> {
    const table = new DeltaTable(s3, location);
    for await (const { key } of objects(s3, location.bucket, `${location.path}/_delta_log/`)) {
      const json = JSON_COMMIT.exec(key)?.[1];
      if (json !== undefined) table.jsons.set(Number(json), key);
      const checkpoint = CHECKPOINT.exec(key)?.[1];
      if (checkpoint !== undefined) table.checkpoints.set(Number(checkpoint), [...(table.checkpoints.get(Number(checkpoint)) ?? []), key]);
    }
    if (table.jsons.size + table.checkpoints.size === 0)
      throw new BrokenLog(`s3://${location.bucket}/${location.path}/ holds no Delta table: its writer has not made it yet, or it stands elsewhere`);
    return table;
  }

  get latest(): number {
    return Math.max(...this.jsons.keys(), ...this.checkpoints.keys());
  }

  /** The versions that can be rebuilt begin at the first checkpoint, or at 0, from where commits follow without a hole. */
  get oldestInLog(): number {
    const starts = [...(this.jsons.has(0) ? [0] : []), ...this.checkpoints.keys()].sort((a, b) => a - b);
    const isWhole = (start: number) => Array.from({ length: this.latest - start }, (_, i) => start + 1 + i).every((version) => this.jsons.has(version));
    const start = starts.find(isWhole);
    if (start === undefined) throw new BrokenLog(`the log of s3://${this.location.bucket}/${this.location.path}/ has a hole: a commit is missing after its last checkpoint`);
    return start;
  }

  private async actions(version: number): Promise<Action[]> {
    const key = this.jsons.get(version);
    if (key === undefined) throw new BrokenLog(`version ${version} is not in the log`);
    const text = new TextDecoder().decode(await bytes(this.s3, this.location.bucket, key));
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Action);
  }

  private async checkpoint(version: number): Promise<Action[]> {
    const actions: Action[] = [];
    for (const key of this.checkpoints.get(version) ?? []) {
      const content = await bytes(this.s3, this.location.bucket, key);
      const file = content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer;
      const rows = (await parquetReadObjects({ file, columns: ['add', 'metaData'], compressors })) as { add?: Action['add'] | null; metaData?: Action['metaData'] }[];
      for (const { add, metaData } of rows)
        if (add?.path || metaData?.schemaString) actions.push({ ...(add?.path ? { add } : {}), ...(metaData?.schemaString ? { metaData } : {}) });
    }
    return actions;
  }

  /** The files of a version. @throws BrokenLog where the log does not reach it */
  async snapshot(version: number = this.latest): Promise<Snapshot> {
    const oldestInLog = this.oldestInLog;
    if (version > this.latest || version < oldestInLog) throw new BrokenLog(`version ${version} is not in the log: it holds ${oldestInLog} to ${this.latest}`);
    const start = Math.max(...[...this.checkpoints.keys()].filter((each) => each <= version && each >= oldestInLog), -1);
    const began = await this.checkpoint(start);
    const files = new Map(began.flatMap(({ add }) => (add ? [[fileOf(add).path, fileOf(add)] as const] : [])));
    let metadata = metadataIn(began) ?? null;
    const commits: Commit[] = [];
    for (const each of [...this.jsons.keys()].filter((known) => known <= version && known >= Math.min(oldestInLog, start)).sort((a, b) => a - b)) {
      const actions = await this.actions(each);
      const removed = actions.flatMap(({ remove }) => (remove ? removedBy(remove) : []));
      if (each > start) {
        // A file that rows were deleted of is taken out and put in by one commit, in any order.
        for (const path of removed) files.delete(path);
        for (const { add } of actions) if (add) files.set(fileOf(add).path, fileOf(add));
        metadata = metadataIn(actions) ?? metadata;
      }
      const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
      commits.push({ version: each, timestamp: info?.timestamp ?? 0, operation: info?.operation ?? '', removed });
    }
    return { version, files, commits, oldestInLog, metadata };
  }

  /** Data files that are there, with their sizes. */
  async stored(): Promise<Map<string, number>> {
    const { bucket, path } = this.location;
    const found = new Map<string, number>();
    for await (const { key, size } of objects(this.s3, bucket, `${path}/`)) {
      const name = key.slice(path.length + 1);
      if (!name.startsWith('_')) found.set(name, size);
    }
    return found;
  }
}
