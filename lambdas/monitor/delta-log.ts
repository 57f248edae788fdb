import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { Dataset } from '../../contracts/index.js';
import type { Offsets } from './kafka-health.js';
import type { SilverLog } from './waiting.js';

interface Commit {
  readonly commitInfo?: { readonly timestamp?: number; readonly userMetadata?: string };
}

/** Commits of maintenance between two of Silver's own: more in a row there are not. */
const MOST_COMMITS = 50;

/** The last offset of each partition that a commit holds, by what its metadata says: `{"offsets": {"TOPIC/PARTITION": LAST}}`. */
function lastOffsets(userMetadata = '{}'): [string, number][] {
  const { offsets = {} } = JSON.parse(userMetadata) as { offsets?: Offsets };
  return Object.entries(offsets).map(([key, last]) => [key.slice(key.lastIndexOf('/') + 1), last]);
}

/** Where a generation of a table stands; 0 is the contract's own path. */
export const pathAt = (path: string, generation: number): string => (generation === 0 ? path : `${path}@${generation}`);

/** Reads commits of Silver's Delta logs. `generation`: which generation of a table holds. */
export function deltaLog(s3: S3Client, bucket: string, generation: (table: string) => Promise<number>): SilverLog {
  const read = async (path: string, version: number): Promise<Commit['commitInfo'] | null> => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${path}/_delta_log/${String(version).padStart(20, '0')}.json` }));
      const lines = ((await Body?.transformToString()) ?? '').split('\n').filter(Boolean);
      return lines.map((line) => (JSON.parse(line) as Commit).commitInfo).find((info) => info !== undefined) ?? {};
    } catch (cause) {
      if (cause instanceof NoSuchKey) return null;
      throw cause;
    }
  };
  const pathOf = async ({ name }: Dataset) => pathAt(`silver/${name}`, await generation(`silver.${name}`));
  return {
    /** Arrival of the oldest record in the first commit from version `from` to `to` that tells of records; else when it was made. Epoch milliseconds. */
    async oldestIn(dataset, from, to) {
      const path = await pathOf(dataset);
      for (let version = from; version <= Math.min(to, from + MOST_COMMITS); version++) {
        const info = await read(path, version);
        if (info === null || info === undefined) continue;
        const { oldest } = JSON.parse(info.userMetadata ?? '{}') as { oldest?: string };
        if (oldest !== undefined) return Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(oldest) ? oldest : `${oldest}Z`);
      }
      return null;
    },
    /** Sought backwards, for each partition up to the first commit that names it; a table's first commit ends the search. */
    async offsetsAfter(dataset, version, partitions) {
      const path = await pathOf(dataset);
      const found = new Map<string, number>();
      for (let at = version; at >= 0 && partitions.some((partition) => !found.has(partition)); at--) {
        const info = at > version - MOST_COMMITS ? await read(path, at) : null;
        if (info === null || info === undefined) return null;
        for (const [partition, last] of lastOffsets(info.userMetadata)) if (!found.has(partition)) found.set(partition, last + 1);
      }
      return Object.fromEntries(found);
    },
  };
}
