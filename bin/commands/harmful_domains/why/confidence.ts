import { httpSources } from '../../../../datasets/index.js';
import type { Listing, NameRow } from './explanation.js';

const DAY_MS = 24 * 3600 * 1000;
const HALF_LIFE_DAYS = 30;
const CADENCE_MS: ReadonlyMap<string, number> = new Map(httpSources().map(({ source }) => [source.name, source.cadence.minutes * 60_000]));

/** Until when a listing is confirmed: a good check holds until the source's next is due. */
const confirmedUntil = ({ source, lastSeen }: Listing): number[] => (lastSeen === null ? [] : [Date.parse(lastSeen) + (CADENCE_MS.get(source) ?? 0)]);

/** Confidence of a row at `now`: the base, halved for every 30 days since a current listing was last confirmed. */
export function confidenceNow({ confidenceBase, confidenceAt, delistedAt, listings }: NameRow, now: number): number | null {
  if (confidenceBase === null || confidenceAt === null) return null;
  const confirmed = delistedAt === null ? listings.filter(({ current, action }) => current && action === 'block').flatMap(confirmedUntil) : [];
  const since = Math.max(Date.parse(confidenceAt), ...confirmed);
  return Number((confidenceBase * 2 ** (-Math.max(0, now - since) / DAY_MS / HALF_LIFE_DAYS)).toFixed(4));
}
