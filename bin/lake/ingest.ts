import type { IngestRequest } from '../../lambdas/ingest/event.js';
import type { ReplayEvent, ReplayResult } from '../../lambdas/ingest/replay.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import { invokeFunction } from './invoke.js';
import type { Target } from './target.js';

/** Invokes the deployed ingest function and waits for what came of it. @throws CliError where the function failed */
export const invokeIngest = (event: IngestRequest, lake: Target): Promise<SourceCheck> => invokeFunction<SourceCheck>('ingest', event, `ingestion of ${event.source}`, lake);

/** Sends records again through the deployed function. @throws CliError where it failed */
export const invokeReplay = (event: ReplayEvent, lake: Target): Promise<ReplayResult> => invokeFunction<ReplayResult>('ingest', event, `replay of ${event.dataset}`, lake);

export function describeCheck(check: SourceCheck): string {
  const count = (value: number | null) => (value ?? 0).toLocaleString('en');
  const seconds = ((Date.parse(check.finished_at) - Date.parse(check.started_at)) / 1000).toFixed(1);
  switch (check.outcome) {
    case 'changed':
      return `${check.source}: changed; ${count(check.read)} rows (${count(check.added)} new, ${count(check.changed)} changed, ${count(check.gone)} gone), ${count(check.rejected)} rejected, ${count(check.produced)} records sent (${seconds} s)`;
    case 'unchanged':
      return `${check.source}: the same bytes as before; ${count(check.produced)} records sent (${seconds} s)`;
    case 'not_modified':
      return `${check.source}: not modified (304); ${count(check.produced)} records sent (${seconds} s)`;
    case 'refused':
      return `${check.source}: refused, the last good version stays: ${check.reason}; if the list is right all the same: ./sluice release ${check.source}`;
    case 'failed':
      return `${check.source}: could not be fetched, the last good version stays: ${check.reason}`;
    case 'skipped':
      return `${check.source}: skipped: ${check.reason}`;
  }
}
