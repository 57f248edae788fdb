import type { PastStep } from '../../../../lambdas/ingest/backfill/past.js';
import type { SourceCheck } from '../../../../lambdas/ingest/source-check.js';
import { invokeIngest } from '../../../lake/ingest.js';
import { CliError } from '../../../output.js';
import type { Bodies } from './bodies.js';
import { type Days, endOf, stretchOf } from './days.js';
import type { Part } from './plan.js';
import { BackfillState } from './state.js';

/** What came of one version, or of the end of a stretch. */
export interface Published {
  readonly days: Days;
  readonly at: string;
  /** Null where the version could not be had. */
  readonly check: SourceCheck | null;
  /** Why the version was left out; null where it was published. */
  readonly leftOut: string | null;
}

/**
 * Fills a part: bodies are fetched `concurrency` at a time ahead of what is published, in the order of time, each version
 * against the one before it. A version that its publisher has no more, or whose body is refused, is left out.
 *
 * @throws CliError where one could not be fetched or sent: the same call goes on there
 */
export async function fill(source: string, part: Part, concurrency: number, bodies: Bodies, tell: (published: Published) => void): Promise<void> {
  const { days, versions } = part;
  const { lake } = bodies;
  const stretch = stretchOf(days);
  await new BackfillState(source, lake).begin(days);
  const publish = async (step: PastStep) => {
    const check = await invokeIngest({ event: 'backfill', source, step }, lake);
    if (check.outcome === 'skipped' || check.outcome === 'failed') throw new CliError(`${source} as of ${step.at}: ${check.reason}; the same command goes on where it stopped`);
    tell({ days, at: step.at, check, leftOut: check.outcome === 'refused' ? check.reason : null });
  };
  for (const [i, { version, at }] of versions.entries()) {
    for (const ahead of versions.slice(i, i + concurrency)) bodies.of(ahead.version);
    const body = await bodies.of(version);
    if ('sha256' in body) await publish({ stretch, at, sha256: body.sha256 });
    else tell({ days, at, check: null, leftOut: body.lost });
  }
  await publish(endOf(days));
}
