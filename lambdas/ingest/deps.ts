import type { CheckedSource, Dataset } from '../../contracts/index.js';
import type { Reader } from '../../contracts/reading.js';
import type { Producer } from '../shared/producer.js';
import type { PublishedRuns } from '../shared/published.js';
import type { Fetch } from './http/fetch.js';
import type { FetchTarget } from './http/request.js';
import type { LandingStore } from './landing/store.js';
import type { SourceStateStore } from './state/state.js';

/** What a check of a source works with: its declaration, and the world. */
export interface IngestDeps {
  readonly dataset: Dataset;
  readonly source: CheckedSource;
  readonly reader: Reader;
  /** The dataset that the records of checks go to. */
  readonly checks: Dataset;
  /** The dataset that tells of runs. */
  readonly operations: Dataset;
  /** Where the source is fetched from: its URL with its key, or the recorded feed's. Not asked of what is edited by hand. */
  readonly target: () => Promise<FetchTarget>;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly state: SourceStateStore;
  /** What was sent and not seen in Bronze yet. */
  readonly published: PublishedRuns;
  readonly landing: LandingStore;
  readonly fetch: Fetch;
  readonly producer: Producer;
  /** A folder for bodies and snapshots on their way. */
  readonly temporaryFolder: string;
  /** Key of the HMAC for personal fields; asked only where the contract hashes one. */
  readonly personalSecret: () => string;
}
