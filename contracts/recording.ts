import type { HttpSource } from './sources/index.js';

/** A version of a source's past, as its publisher keeps it. */
export interface RecordedVersion {
  readonly at: Date;
  readonly body: string;
}

/** Made bodies of a dataset's sources, of true shape, for this machine and its tests: no name in them is anybody's. */
export interface Recording {
  /** The body of a source. @param random numbers in [0, 1), the same each time */
  body(source: HttpSource, random: () => number): string;
  /** Versions of its past. @default - it has none */
  past?(source: HttpSource, random: () => number): readonly RecordedVersion[];
}
