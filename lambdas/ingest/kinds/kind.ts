import type { CheckedSource } from '../../../contracts/index.js';
import type { KeptRow, Reader, Told } from '../../../contracts/reading.js';
import type { IngestDeps } from '../deps.js';
import type { IngestEvent } from '../event.js';
import type { Body, Gathered } from '../landing/body.js';
import type { Lease } from '../lease.js';
import type { Difference } from '../snapshot/difference.js';
import type { Checkpoint } from '../state/state.js';

/** What the parts of one run share. */
export interface Work<S extends CheckedSource = CheckedSource> {
  readonly deps: IngestDeps & { readonly source: S };
  readonly event: IngestEvent;
  readonly runId: string;
  readonly startedAt: Date;
  readonly lease: Lease;
  /** For bodies and snapshots on their way; removed with the run. */
  readonly folder: string;
}

/** A stored set of changes, and how to find it again. */
export type ChangeSet = Pick<Checkpoint, 'key' | 'sequence'>;

/** What a body comes to. `next` is the checkpoint behind its changes, which are stored; null where there is nothing to publish. */
export interface Changes {
  readonly outcome: 'changed' | 'unchanged' | 'refused';
  readonly reason: string | null;
  readonly told: Told | null;
  readonly difference: Difference | null;
  readonly next: Checkpoint | null;
}

/**
 * A kind of source: how its bodies are come by, what a body changes, and the records of that. The protocol around it
 * (lease, body first, pending, publish, promote, one record of the check) is `check.ts`, the same for all.
 */
export interface Kind<S extends CheckedSource = CheckedSource> {
  /** What there is to judge now. What the source does wrong comes back as `failed`; what our own services do wrong throws. */
  gather(checkpoint: Checkpoint | null, work: Work<S>): Promise<Gathered>;
  /** Stores the body, then the set of changes that it makes to what the checkpoint holds. */
  changes(body: Body, checkpoint: Checkpoint | null, reader: Reader, work: Work<S>): Promise<Changes>;
  /** The rows of a set of changes, the same each time it is asked: those that changed, or all that it holds. */
  rows(changes: ChangeSet, what: 'difference' | 'whole', reader: Reader, work: Pick<Work<S>, 'deps'>): AsyncIterable<KeptRow>;
}
