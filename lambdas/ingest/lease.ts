import type { SourceState, SourceStateStore } from './state/state.js';

const LEASE_MS = 120_000;
const RENEW_AFTER_MS = 30_000;

/** The lease of a source, or of a stretch of its past, for one run. */
export class Lease {
  private constructor(
    private readonly store: SourceStateStore,
    private readonly clock: () => Date,
    /** The source, or the stretch by its name. */
    readonly subject: string,
    readonly runId: string,
    /** The state when the lease was taken. */
    readonly held: SourceState,
    private at: number,
  ) {}

  /** Takes the lease; null where another run holds it. */
  static async take(store: SourceStateStore, clock: () => Date, subject: string, runId: string): Promise<Lease | null> {
    const at = clock().getTime();
    const held = await store.acquire(subject, runId, at, LEASE_MS);
    return held === null ? null : new Lease(store, clock, subject, runId, held, at);
  }

  /** Renews the lease where it grows old. @throws LeaseLostError where another run took it */
  async keep(): Promise<void> {
    const now = this.clock().getTime();
    if (now - this.at < RENEW_AFTER_MS) return;
    await this.store.renew(this.subject, this.runId, now, LEASE_MS);
    this.at = now;
  }

  release(): Promise<void> {
    return this.store.release(this.subject, this.runId);
  }
}
