import { MONITOR } from '../../contracts/metrics.js';
import type { MetricValue } from '../shared/metrics.js';
import { inWords } from './health.js';
import { reported } from './reported.js';
import type { Waiting } from './waiting.js';

/** What a look of the monitor found of how far layers were behind: two of them give a rate. */
export interface Look {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Records that topics had taken, and that layers lacked. */
  readonly metrics: readonly MetricValue[];
}

/**
 * `complete`: nothing waits; `catching up`: fewer records wait than at the look before; `falling behind`: not fewer, though
 * some were dealt with; `stuck`: none was, and the oldest has waited since before that look; `unknown`: no look to hold it against.
 */
export type Course = 'complete' | 'catching up' | 'falling behind' | 'stuck' | 'unknown';

export interface Pace {
  readonly course: Course;
  /** Records that the layer lacks; null where nobody knows. */
  readonly behind: number | null;
  /** Records dealt with, a second, since the look before; null where nobody knows. */
  readonly perSecond: number | null;
  /** What waits now by what is dealt with a second; 0 where nothing waits, null where nothing moves or nobody knows. */
  readonly secondsLeft: number | null;
}

/** A batch may take so long, and positions are written every few seconds: a shorter time would say that nothing moves. */
const LEAST_MS = 45_000;
const APART_MS = 15_000;

/** The newest look that is old enough to hold another against it; null where there is none. */
export const formerLook = (looks: readonly Look[], now: number): Look | null =>
  looks.reduce<Look | null>((found, look) => (now - look.at >= LEAST_MS && look.at > (found?.at ?? -Infinity) ? look : found), null);

const KEPT: ReadonlySet<string> = new Set([MONITOR.topicRecords.name, MONITOR.lagRecords.name]);

/** The looks to keep: those that a later one may be held against, and this one. None is older than `longestMs`: a rate is one of late. */
export function keptLooks(looks: readonly Look[], look: Look, longestMs: number): readonly Look[] {
  const former = formerLook(looks, look.at)?.at ?? -Infinity;
  const kept = looks.filter(({ at }) => at >= former && look.at - at <= longestMs);
  const metrics = look.metrics.filter(({ name }) => KEPT.has(name));
  // Where freshness could not be looked at, there is nothing to keep; looks in quick succession need not all be kept.
  if (metrics.length === 0 || kept.some(({ at }) => look.at - at < APART_MS)) return kept;
  return [...kept, { at: look.at, metrics }];
}

/**
 * How fast a layer of a dataset comes on.
 *
 * @param taken records that the topic behind it has taken since it was made
 * @param now epoch milliseconds
 */
export function paceOf(Dataset: string, { layer, ms, behind }: Waiting, taken: number, former: Look | null, now: number): Pace {
  const before = former === null ? null : reported(former.metrics, MONITOR.lagRecords.name, { Dataset, Layer: layer });
  const takenBefore = former === null ? null : reported(former.metrics, MONITOR.topicRecords.name, { Dataset });
  const dealt = behind === null || before === null || takenBefore === null ? null : before + taken - takenBefore - behind;
  const elapsed = now - (former?.at ?? now);
  // Fewer than none: the topic was made anew, or the table set back.
  const perSecond = dealt === null || dealt < 0 || elapsed <= 0 ? null : (1000 * dealt) / elapsed;
  if (behind === 0) return { course: 'complete', behind, perSecond, secondsLeft: 0 };
  if (behind === null || before === null || perSecond === null) return { course: 'unknown', behind, perSecond, secondsLeft: null };
  if (perSecond === 0) return { course: ms > elapsed ? 'stuck' : 'unknown', behind, perSecond, secondsLeft: null };
  return { course: behind < before ? 'catching up' : 'falling behind', behind, perSecond, secondsLeft: behind / perSecond };
}

const UNKNOWN = 'unknown';
const grouped = (value: number): string => value.toLocaleString('en-US', value < 1 ? { maximumSignificantDigits: 1 } : { maximumFractionDigits: value < 10 ? 1 : 0 });

/** `45 s`, `8.7 min`, `2.5 h`. */
const left = (seconds: number): string => (seconds < 90 ? `${Math.ceil(seconds)} s` : inWords(seconds / 60));

/** Records behind, records a second and time left, each `unknown` where it is. */
export const paceWords = ({ behind, perSecond, secondsLeft }: Omit<Pace, 'course'>): [string, string, string] => [
  behind === null ? UNKNOWN : grouped(behind),
  perSecond === null ? UNKNOWN : grouped(perSecond),
  secondsLeft === null ? UNKNOWN : left(secondsLeft),
];

/** `1,200,000 behind, 2,300 a second, 8.7 min left`; empty where nothing waits. */
export function paceInWords(pace: Omit<Pace, 'course'>): string {
  if (pace.behind === 0) return '';
  const [behind, perSecond, time] = paceWords(pace);
  const records = pace.behind === null ? 'how many wait is unknown' : `${behind} behind`;
  return [records, ...(pace.perSecond === null ? [] : [`${perSecond} a second`]), pace.secondsLeft === null ? 'time left unknown' : `${time} left`].join(', ');
}

/** {@link paceInWords}, and what is wrong with it: that nothing moves, or, of a layer that is late, that as much comes as is dealt with. */
export function courseInWords(pace: Pace, late: boolean, former: Look | null, now: number): string {
  const words = paceInWords(pace);
  const since = former === null ? '' : inWords((now - former.at) / 60_000);
  if (pace.course === 'stuck') return `${words}: nothing has moved for ${since}`;
  if (pace.course === 'falling behind' && late) return `${words}: as many came in ${since}, or more`;
  return words;
}
