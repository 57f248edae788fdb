import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { ReadingContext } from '../../../../contracts/reading.js';
import { findSource } from '../../../../datasets/index.js';
import { readerOf } from '../../../../datasets/readers.js';
import { S3LandingStore } from '../../../../lambdas/ingest/landing/s3-store.js';
import { readSnapshot } from '../../../../lambdas/ingest/snapshot/file.js';
import { DynamoSourceState } from '../../../../lambdas/ingest/state/dynamo-state.js';
import { physicalName } from '../../../../lib/config.js';
import type { Target } from '../../../lake/target.js';
import { say } from '../../../output.js';

/** Rows of a lake's last snapshots; none where it does not answer, which does not keep anybody from asking the source. */
export function keptBy(lake: Pick<Target, 'dynamo' | 's3' | 'lambda' | 'identity'> | null): ReadingContext['kept'] {
  let stores: Promise<{ readonly state: DynamoSourceState; readonly landing: S3LandingStore }> | undefined;
  const storesOf = async ({ dynamo, s3, lambda, identity }: NonNullable<typeof lake>) => {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalName(identity, 'ingest') }));
    const { LANDING_BUCKET, STATE_TABLE } = Environment?.Variables ?? {};
    if (!LANDING_BUCKET || !STATE_TABLE) throw new Error('its ingest function names no bucket and table');
    return { state: new DynamoSourceState(dynamo, STATE_TABLE), landing: new S3LandingStore(s3, LANDING_BUCKET) };
  };
  return async (name) => {
    if (lake === null) return null;
    try {
      stores ??= storesOf(lake);
      const { state, landing } = await stores;
      const current = await state.current(name);
      return current === null ? null : readSnapshot(landing, current.key, readerOf(findSource(name).dataset.name).former);
    } catch (error) {
      say(`${name}: its last snapshot in the lake cannot be read, and is no evidence: ${(error as Error).message}`);
      return null;
    }
  };
}
