import type { Outcome } from './outcome.js';
import type { Part } from './parts.js';

/** What of a machine decides how many parts run at a time. */
export interface Machine {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
}

/** What a Spark session of the Python tests and a vitest with one worker take together, and the system beside them, in bytes. */
const NEEDED_BY_TWO = 6e9;
/** What two lakes take, of which one has a driver per layer, and the system beside them, in bytes. */
const NEEDED_BY_LAKES = 14e9;

export type Lanes = 1 | 2;

/**
 * How many parts run at a time: two where there are two cores, one for the Spark session, which mostly keeps one busy,
 * and one for a vitest of one worker or a compiler; more would only make tests of time fail. Lakes wait more than they
 * work: where the memory is there for two, they are parts as others.
 */
export const lanesOf = ({ cores, memory }: Machine, lakes: boolean): Lanes => (cores >= 2 && memory >= (lakes ? NEEDED_BY_LAKES : NEEDED_BY_TWO) ? 2 : 1);

export interface Telling {
  /** Of a part's programs; called with whole outputs where parts run side by side. */
  readonly write: (chunk: Uint8Array) => void;
  readonly say: (message: string) => void;
  readonly now: () => number;
}

/**
 * Runs parts, the first of them first, as many at a time as there are lanes; outcomes in their order. Side by side, a
 * part's output is kept until its end and then shown whole, so that no two are mixed.
 */
export async function runParts(parts: readonly Part[], lanes: number, { write, say, now }: Telling): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = parts.map((part, i) => [part, i] as const);
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [part, i] = next;
      const [kept, began]: [Uint8Array[], number] = [[], now()];
      say(`${part.name} ...`);
      const outcome = await part.run(lanes === 1 ? write : (chunk) => kept.push(chunk));
      for (const chunk of kept) write(chunk);
      say(`${part.name}: ${outcome.passed} passed, ${outcome.failed} failed (${Math.round((now() - began) / 1000)} s)`);
      outcomes[i] = outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, parts.length) }, lane));
  return outcomes;
}
