import { type PastVersion, pastSequence } from '../../../../lambdas/ingest/backfill/past.js';
import { invokeFunction } from '../../../lake/invoke.js';
import type { Target } from '../../../lake/target.js';
import { type Days, isClosed, missingDays, overlap } from './days.js';
import { BackfillState } from './state.js';

/** A stretch to fill, or to go on with. */
export interface Part {
  readonly days: Days;
  /** Begun by an earlier call, and not ended. */
  readonly resumed: boolean;
  /** What is left to publish, in the order of time. */
  readonly versions: readonly PastVersion[];
}

export interface Plan {
  readonly wanted: Days;
  /** Days of it that earlier backfills have published. */
  readonly done: readonly Days[];
  readonly parts: readonly Part[];
}

const versionsOf = async (source: string, { from, to }: Days, lake: Target): Promise<readonly PastVersion[]> =>
  (await invokeFunction<{ versions: PastVersion[] }>('ingest', { past: 'versions', source, from, to }, `listing the past of ${source}`, lake)).versions;

/** What a backfill has to do: what no earlier one has published, and what one has begun. */
export async function planOf(source: string, wanted: Days, lake: Target): Promise<Plan> {
  const state = new BackfillState(source, lake);
  const known = await state.stretches();
  const done: Days[] = [];
  const parts: Part[] = [];
  for (const days of known.filter((each) => overlap(each, wanted))) {
    const published = await state.published(days);
    if (isClosed(days, published)) done.push(days);
    else {
      const versions = await versionsOf(source, days, lake);
      parts.push({ days, resumed: true, versions: versions.filter(({ at }) => published === null || pastSequence({ at, sha256: '' }) > published) });
    }
  }
  for (const days of missingDays(wanted, known)) {
    const versions = await versionsOf(source, days, lake);
    if (versions.length > 0) parts.push({ days, resumed: false, versions });
  }
  return { wanted, done, parts: parts.sort((a, b) => (a.days.from < b.days.from ? -1 : 1)) };
}
