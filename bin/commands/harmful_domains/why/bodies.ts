import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { splitLines } from '../../../../datasets/shared/lines.js';
import { CHECKS_OF_SOURCES } from '../../../../datasets/source_checks/contract.js';
import { landingKeys } from '../../../../lambdas/ingest/landing/store.js';
import { physicalName } from '../../../../lib/config.js';
import { runQuery } from '../../../lake/athena.js';
import type { Target } from '../../../lake/target.js';
import { quoted } from './sql.js';

/** Hash of the body that each snapshot was read from, by source and sequence. */
export async function bodiesOf(snapshots: readonly { source: string; sequence: number }[], lake: Target): Promise<Map<string, string>> {
  if (snapshots.length === 0) return new Map();
  const sources = [...new Set(snapshots.map(({ source }) => source))];
  const sequences = [...new Set(snapshots.map(({ sequence }) => sequence))];
  const sql = `SELECT source, sequence, body_sha256 FROM ${CHECKS_OF_SOURCES} WHERE outcome = 'changed' AND source IN (${quoted(sources)}) AND sequence IN (${sequences.join(', ')})`;
  return new Map((await runQuery(sql, lake)).rows.map(([source, sequence, sha256]) => [`${source}\t${sequence}`, sha256 ?? '']));
}

/** A line of a kept body; null where the body is not there. */
export async function rawLine(source: string, sha256: string | undefined, line: number, lake: Target): Promise<string | null> {
  if (sha256 === undefined) return null;
  const { Environment } = await lake.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalName(lake.identity, 'ingest') }));
  const Bucket = Environment?.Variables?.LANDING_BUCKET;
  try {
    const { Body } = await lake.s3.send(new GetObjectCommand({ Bucket, Key: landingKeys.body(source, sha256) }));
    for await (const { number: at, text } of splitLines((Body as Readable).pipe(createGunzip()))) if (at === line) return text;
    return null;
  } catch (cause) {
    if (cause instanceof S3ServiceException && cause.$metadata.httpStatusCode === 404) return null;
    throw cause;
  }
}
