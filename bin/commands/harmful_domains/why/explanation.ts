import type { Entry } from '../../../../datasets/harmful_domains/entries.js';

/** One source's word on a name: an element of `gold.harmful_domains.sources`, and where its record stands. */
export interface Listing {
  readonly source: string;
  readonly action: string;
  readonly scope: string;
  readonly category: string | null;
  /** Whose findings these are: sources of one origin count once. */
  readonly origin: string;
  readonly reliability: number | null;
  readonly current: boolean;
  readonly firstSeen: string | null;
  readonly changedAt: string;
  readonly lastSeen: string | null;
  readonly listedAt: string | null;
  readonly sequence: number;
  readonly line: number | null;
  readonly tags: readonly string[];
  readonly reason: string | null;
  readonly validUntil: string | null;
  /** Newest record of the listing in Kafka: `topic/partition@offset`. */
  readonly coordinates: string | null;
  readonly runId: string | null;
  /** The row of the list as its publisher wrote it; null where the body is not kept (any more). */
  readonly rawLine: string | null;
}

/** A row of Gold, of the name itself or of a parent. */
export interface NameRow {
  readonly type: Entry['type'];
  readonly name: string;
  readonly scope: string;
  readonly isActive: boolean;
  readonly widelyUsed: boolean;
  readonly originCount: number;
  readonly categories: readonly string[];
  readonly confidenceBase: number | null;
  readonly confidenceAt: string | null;
  readonly firstSeen: string | null;
  readonly delistedAt: string | null;
  readonly listings: readonly Listing[];
}

export interface Explanation {
  readonly name: string;
  readonly type: Entry['type'];
  readonly verdict: 'harmful' | 'allowed' | 'not listed' | 'no longer listed' | 'not enough origins';
  /** In a sentence. */
  readonly because: string;
  /** Of the row that decides, read now (docs/confidence.md); null where none lists it. */
  readonly confidence: number | null;
  /** The name's own row, then its parents', nearest first. */
  readonly rows: readonly NameRow[];
}
