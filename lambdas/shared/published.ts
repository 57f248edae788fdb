/**
 * What runs have sent and nobody has seen in Bronze yet. A broker that acknowledged records may lose them with the disk of its
 * last replica: they are sent again from the snapshots, which are kept (docs/decisions/0015).
 */
export interface Part {
  /** Object key of the snapshot. */
  readonly snapshot: string;
  readonly sequence: number;
  /** The entries that changed in the snapshot, or all of it. */
  readonly what: 'difference' | 'whole';
}

export interface Published {
  /** The run that sent the parts: header `sluice-run` of their records. */
  readonly runId: string;
  /** When the last of them was acknowledged, epoch milliseconds. */
  readonly at: number;
  /** Records acknowledged. */
  readonly produced: number;
  readonly parts: readonly Part[];
  /** How often these parts were sent again before. */
  readonly tries: number;
  /** Since when the monitor wants them sent again, epoch milliseconds; null where it does not. */
  readonly askedAt: number | null;
}

/** Runs whose records were not seen in Bronze yet, by source. Each entry is written alone: no lease is needed. */
export interface PublishedRuns {
  of(source: string): Promise<Published[]>;
  put(source: string, published: Published): Promise<void>;
  /** As `put`, and only where the run is there still: somebody may have sent its parts again meanwhile. */
  change(source: string, published: Published): Promise<void>;
  remove(source: string, runIds: readonly string[]): Promise<void>;
}

/** Sent again so often, records that are still not there are a matter for people. */
export const MAX_TRIES = 3;
