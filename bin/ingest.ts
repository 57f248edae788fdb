import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { ReplayEvent, ReplayResult } from '../lambdas/ingest/replay.js';
import type { IngestEvent, SourceCheck } from '../lambdas/ingest/run.js';
import { physicalName } from '../lib/config.js';
import { CliError } from './output.js';
import type { Target } from './target.js';

/** Invokes the deployed ingest function and waits for what came of it. @throws CliError where the function failed */
export const invokeIngest = (event: IngestEvent, lake: Target): Promise<SourceCheck> => invoke<SourceCheck>(event, `ingestion of ${event.source}`, lake);

/** Sends records again through the deployed function. @throws CliError where it failed */
export const invokeReplay = (event: ReplayEvent, lake: Target): Promise<ReplayResult> => invoke<ReplayResult>(event, `replay of ${event.dataset}`, lake);

async function invoke<T>(event: object, what: string, { lambda, identity }: Target): Promise<T> {
  const FunctionName = physicalName(identity, 'ingest');
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }));
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) {
    const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    throw new CliError(`${what} failed: ${errorType ?? FunctionError}: ${errorMessage ?? text}; its log: ./sluice logs aws`);
  }
  return JSON.parse(text) as T;
}

export function describeCheck(check: SourceCheck): string {
  const count = (value: number | null) => (value ?? 0).toLocaleString('en');
  const seconds = ((Date.parse(check.finished_at) - Date.parse(check.started_at)) / 1000).toFixed(1);
  switch (check.outcome) {
    case 'changed':
      return `${check.source}: changed; ${count(check.entries)} entries (${count(check.listed)} new, ${count(check.delisted)} gone), ${count(check.rejects)} rejects, ${count(check.produced)} records sent (${seconds} s)`;
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
