/** How long a test took, with what is before and after it. */
export interface Timing {
  readonly name: string;
  readonly ms: number;
}

/** What came of some tests. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Names of what was skipped, or why. */
  readonly skips: readonly string[];
  readonly timings: readonly Timing[];
}

export const NOTHING: Outcome = { passed: 0, failed: 0, skips: [], timings: [] };
/** A part that could not even say what it has tested. */
export const BROKEN: Outcome = { ...NOTHING, failed: 1 };

export const sum = (outcomes: readonly Outcome[]): Outcome => ({
  passed: outcomes.reduce((count, { passed }) => count + passed, 0),
  failed: outcomes.reduce((count, { failed }) => count + failed, 0),
  skips: outcomes.flatMap(({ skips }) => skips),
  timings: outcomes.flatMap(({ timings }) => timings),
});

const SHOWN = 10;

/** The tests that took longest, a line each. */
export const slowest = (timings: readonly Timing[]): string[] =>
  [...timings]
    .sort((one, other) => other.ms - one.ms)
    .slice(0, SHOWN)
    .map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);
