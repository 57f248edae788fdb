import type { PastStep, Stretch } from '../../../../lambdas/ingest/backfill/past.js';
import { pastSequence } from '../../../../lambdas/ingest/backfill/past.js';

const DAY_MS = 24 * 3_600_000;

/** Days are whole and UTC: `2026-10-01`. */
export type Day = string;

export const dayAfter = (day: Day, days = 1): Day => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** First and last day, both included. */
export interface Days {
  readonly from: Day;
  readonly to: Day;
}

export const stretchOf = ({ from, to }: Days): Stretch => `${from}~${to}`;

export function daysOf(stretch: string): Days {
  const [, from, to] = /^(\d{4}-\d{2}-\d{2})~(\d{4}-\d{2}-\d{2})$/.exec(stretch) ?? [];
  if (!from || !to) throw new Error(`the state table holds a stretch that is none: ${JSON.stringify(stretch)}`);
  return { from, to };
}

export const overlap = (a: Days, b: Days): boolean => a.from <= b.to && b.from <= a.to;

/** What of the days wanted no stretch covers yet, in the order of time. */
export function missingDays(wanted: Days, covered: readonly Days[]): Days[] {
  let { from } = wanted;
  const missing: Days[] = [];
  for (const each of [...covered].filter((one) => overlap(one, wanted)).sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (from < each.from) missing.push({ from, to: dayAfter(each.from, -1) });
    if (each.to >= from) from = dayAfter(each.to);
  }
  return from <= wanted.to ? [...missing, { from, to: wanted.to }] : missing;
}

/** Whether what was published is the stretch's end. */
export const isClosed = (days: Days, published: number | null): boolean => published !== null && published >= pastSequence(endOf(days));

export const endOf = (days: Days): PastStep => ({ stretch: stretchOf(days), at: `${dayAfter(days.to)}T00:00:00.000Z`, sha256: null });

/** A range of days in words. */
export const spoken = ({ from, to }: Days) => (from === to ? from : `${from} to ${to}`);
