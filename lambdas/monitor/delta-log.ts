import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { Dataset } from '../../contracts/index.js';

interface Commit {
  readonly commitInfo?: { readonly timestamp?: number; readonly userMetadata?: string };
}

/** Commits of maintenance between two of Silver's own: more in a row there are not. */
const MOST_COMMITS = 50;

/** Where a generation of a table stands; 0 is the contract's own path. */
export const pathAt = (path: string, generation: number): string => (generation === 0 ? path : `${path}@${generation}`);

/** Reads commits of Silver's Delta logs. `generation`: which generation of a table holds. */
export function deltaLog(s3: S3Client, bucket: string, generation: (table: string) => Promise<number>) {
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
  return {
    /** Arrival of the oldest record in the first commit from version `from` to `to` that tells of records; else when it was made. Epoch milliseconds. */
    async oldestIn(dataset: Dataset, from: number, to: number): Promise<number | null> {
      const path = pathAt(`silver/${dataset.name}`, await generation(`silver.${dataset.name}`));
      for (let version = from; version <= Math.min(to, from + MOST_COMMITS); version++) {
        const info = await read(path, version);
        if (info === null || info === undefined) continue;
        const { oldest } = JSON.parse(info.userMetadata ?? '{}') as { oldest?: string };
        if (oldest !== undefined) return Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(oldest) ? oldest : `${oldest}Z`);
      }
      return null;
    },
  };
}
