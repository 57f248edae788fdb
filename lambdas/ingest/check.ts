import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pastSequence, stretchName } from './backfill/past.js';
import type { IngestDeps } from './deps.js';
import type { IngestEvent } from './event.js';
import { kindOf } from './kinds/index.js';
import type { Work } from './kinds/kind.js';
import { type Gathered, keptBody, ownBody } from './landing/body.js';
import { landingKeys } from './landing/store.js';
import { Lease } from './lease.js';
import { Outbox } from './outbox.js';
import { report } from './report.js';
import { type Found, isGood, nothingFound, type SourceCheck, sourceCheck } from './source-check.js';
import type { Checkpoint } from './state/state.js';
import { Steps } from './steps.js';

const WHOLE_EVERY_MS = 24 * 3600 * 1000;

/**
 * One check of one source, the same for every kind: the body first, then the changes that it makes, then these to Kafka,
 * the state last.
 *
 * A run that dies anywhere can repeat a set of changes, never lose one: `pending` is set before the first record goes out
 * and the next run publishes it first. What the source does wrong is an outcome of the check; what our own services do
 * wrong (S3, DynamoDB, Kafka) throws, so that the platform retries.
 */
export async function check(event: IngestEvent, deps: IngestDeps): Promise<SourceCheck> {
  const { source, state, clock } = deps;
  const [runId, startedAt, steps] = [deps.newId(), clock(), new Steps()];
  if (event.event === 'edit' && source.kind !== 'operator') throw new Error(`${source.name} takes no edits by hand: its kind is ${source.kind}`);
  const isPast = event.event === 'backfill';
  const tell = async (found: Found, produced: number, healed: readonly string[]): Promise<SourceCheck> => {
    const told = sourceCheck(found, { source: source.name, runId, startedAt, finishedAt: clock(), produced });
    await report(told, event, deps, steps.taken, healed);
    return told;
  };

  // A stretch of the past has state and snapshots of its own.
  const lease = await Lease.take(state, clock, isPast ? stretchName(source.name, event.step.stretch) : source.name, runId);
  if (lease === null) return tell({ ...nothingFound, outcome: 'skipped', reason: `another run of ${isPast ? 'this backfill' : 'this source'} holds its lease` }, 0, []);
  const folder = await mkdtemp(join(deps.temporaryFolder, 'ingest-'));
  try {
    const work: Work = { deps, event, runId, startedAt, lease, folder };
    const outbox = new Outbox(work, steps);
    // Also where the source is paused: nothing is fetched.
    const healed = event.dryRun || isPast ? [] : await outbox.heal();
    const paused = lease.held.paused && event.event === 'check' && event.scheduled;
    const found: Found = paused ? { ...nothingFound, outcome: 'skipped', reason: 'an operator paused the source' } : await underLease(work, outbox, steps);
    const checked = await tell(found, outbox.produced, healed);
    const { outcome, reason } = checked;
    // What the past held says nothing of how the source does today.
    if (!event.dryRun && !isPast && outcome !== 'skipped') {
      const at = startedAt.getTime();
      await state.setChecked(source.name, runId, { at, outcome, reason, goodAt: isGood(outcome) ? at : null, refused: outcome === 'refused' ? checked.body_sha256 : null });
    }
    return checked;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await lease.release();
  }
}

async function underLease(work: Work, outbox: Outbox, steps: Steps): Promise<Found> {
  const { event, deps, lease, runId } = work;
  const { source, state, clock } = deps;
  const { pending, wholeAt } = lease.held;
  let { current } = lease.held;
  /** The first set of changes is all rows. */
  let whole = false;
  const advance = async (next: Checkpoint): Promise<void> => {
    await outbox.publish(next, 'difference');
    await state.promote(lease.subject, runId, next);
    whole ||= current === null;
    current = next;
  };

  if (pending !== null && !event.dryRun) await advance(pending);
  if (event.event === 'backfill' && current !== null && current.sequence >= pastSequence(event.step))
    return { ...nothingFound, outcome: 'unchanged', sequence: current.sequence, whole };

  const gathered = await steps.time('fetch', () => gather(current, work));
  const found = await steps.time('parse', () => judge(gathered, current, work));
  if (found.next !== null) {
    await state.setPending(lease.subject, runId, found.next);
    await advance(found.next);
  }
  if (!event.dryRun && event.event !== 'backfill' && current !== null) {
    const now = clock().getTime();
    const asked = event.event === 'check' && event.whole;
    if (!whole && (asked || now - (wholeAt ?? 0) >= WHOLE_EVERY_MS)) {
      await outbox.publish(current, 'whole');
      whole = true;
    }
    if (whole) await state.setWholeAt(source.name, runId, now);
  }
  return { ...found, sequence: current?.sequence ?? null, whole };
}

/** What there is to judge: an answer of the source, or a body that is kept already. */
async function gather(current: Checkpoint | null, work: Work): Promise<Gathered> {
  const { event, deps, folder } = work;
  const { source, landing } = deps;
  const file = join(folder, 'body.gz');
  switch (event.event) {
    case 'check':
    case 'edit':
      return kindOf(source).gather(current, work);
    case 'release':
      return keptBody(landing, landingKeys.refused(source.name, event.sha256), event.sha256, file);
    case 'reparse':
      if (current === null) return { kind: 'failed', status: null, reason: 'no body of this source was ever believed, so there is none to parse again' };
      return keptBody(landing, landingKeys.body(source.name, current.bodySha256), current.bodySha256, file, current);
    case 'backfill': {
      const { sha256 } = event.step;
      return sha256 === null ? ownBody('', file) : keptBody(landing, landingKeys.body(source.name, sha256), sha256, file);
    }
  }
}

/** What an answer means; body and changes are stored where it changes something. */
async function judge(gathered: Gathered, current: Checkpoint | null, work: Work): Promise<Found & { readonly next: Checkpoint | null }> {
  const nothing = { ...nothingFound, next: null };
  switch (gathered.kind) {
    case 'tooSoon':
      return { ...nothing, outcome: 'skipped', reason: `the source asks not to be fetched before ${new Date(gathered.until).toISOString()}` };
    case 'failed':
      return { ...nothing, status: gathered.status, reason: gathered.reason };
    case 'notModified':
      return { ...nothing, status: gathered.status, outcome: 'not_modified' };
    case 'body': {
      const { source, reader } = work.deps;
      const { outcome, reason, next, told, difference } = await kindOf(source).changes(gathered, current, reader, work);
      return { ...nothing, status: gathered.status, body: gathered, outcome, reason, next, changes: { told, difference } };
    }
  }
}
