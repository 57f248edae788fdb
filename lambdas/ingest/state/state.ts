/** What published changes carry into the next check. */
export interface Checkpoint {
  /** Object key of the snapshot. */
  readonly key: string;
  /** Counter of the source's snapshots, from 1; the `sequence` of the records that it changed. */
  readonly sequence: number;
  readonly bodySha256: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface SourceState {
  /** The last snapshot whose differences are all acknowledged. */
  readonly current: Checkpoint | null;
  /** A snapshot that is stored and perhaps partly produced; the next run publishes it first. */
  readonly pending: Checkpoint | null;
  /** When the whole list was last published, epoch milliseconds. */
  readonly wholeAt: number | null;
  /** The source is not fetched before: its own wish, epoch milliseconds. */
  readonly notBefore: number | null;
  /** An operator wants its schedule to leave the source alone. */
  readonly paused: boolean;
}

/** What came of a check; times in epoch milliseconds. */
export interface LastCheck {
  readonly at: number;
  readonly outcome: string;
  readonly reason: string | null;
  /** `at`, where the check was good; null leaves the last good one. */
  readonly goodAt: number | null;
  /** Hash of the body that the check refused and set aside; null leaves the last one, by which it can still be released. */
  readonly refused: string | null;
}

/** Another run took the lease: this one must write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * State of the sources, each under a lease. Every write is conditional on the lease still being `runId`'s.
 *
 * @throws LeaseLostError from every method but `acquire` and `current` where it is not
 */
export interface SourceStateStore {
  /** Takes the lease where it is free or past its time; null where another run holds it. */
  acquire(source: string, runId: string, now: number, leaseMs: number): Promise<SourceState | null>;
  /** A source's last published snapshot, read without a lease; null where it has none. */
  current(source: string): Promise<Checkpoint | null>;
  renew(source: string, runId: string, now: number, leaseMs: number): Promise<void>;
  setPending(source: string, runId: string, pending: Checkpoint): Promise<void>;
  /** `current = pending`, `pending = null`. */
  promote(source: string, runId: string, pending: Checkpoint): Promise<void>;
  setWholeAt(source: string, runId: string, wholeAt: number): Promise<void>;
  setNotBefore(source: string, runId: string, notBefore: number): Promise<void>;
  /** Remembers what came of the check: the monitor holds it against the source's cadence. */
  setChecked(source: string, runId: string, check: LastCheck): Promise<void>;
  release(source: string, runId: string): Promise<void>;
}
