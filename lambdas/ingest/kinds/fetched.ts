import { join } from 'node:path';
import type { HttpSource } from '../../../contracts/index.js';
import { type FetchTarget, MissingKey } from '../http/request.js';
import type { Gathered } from '../landing/body.js';
import type { Checkpoint } from '../state/state.js';
import type { Work } from './kind.js';

/** One conditional request to the source's address, unless it asks to be left alone. */
export async function fetched(checkpoint: Checkpoint | null, { deps, event, lease, runId, folder }: Work<HttpSource>): Promise<Gathered> {
  const { state, source, fetch, clock } = deps;
  const { notBefore } = lease.held;
  const now = clock().getTime();
  if (notBefore !== null && now < notBefore) return { kind: 'tooSoon', until: notBefore };
  let target: FetchTarget;
  try {
    target = await deps.target();
  } catch (cause) {
    if (cause instanceof MissingKey) return { kind: 'failed', status: null, reason: cause.message };
    throw cause;
  }
  const { url, headers, secrets, minIntervalMs } = target;
  // Before the request: a run that dies after it must not ask again at once.
  if (minIntervalMs > 0 && !event.dryRun) await state.setNotBefore(source.name, runId, now + minIntervalMs);
  const file = join(folder, 'body.gz');
  const { etag = null, lastModified = null } = checkpoint ?? {};
  const answer = await fetch({ url, headers, secrets, etag, lastModified, maxBytes: source.bounds.maxBytes, file });
  const asked = answer.kind === 'failed' ? (answer.retryAfterMs ?? 0) : 0;
  if (asked > minIntervalMs && !event.dryRun) await state.setNotBefore(source.name, runId, clock().getTime() + asked);
  return answer.kind === 'body' ? { ...answer, file } : answer;
}
