/** Statuses after which the same request may well succeed (RFC 9110, RFC 6585, RFC 8470). */
export const isTransientStatus = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

const BASE_MS = 500;
const MOST_MS = 20_000;
/** A server may ask for more; a run does not wait longer for it. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** The longest that later runs leave a source alone because it asked for it. */
export const MAX_QUIET_MS = 24 * 3600 * 1000;

/** Milliseconds that a Retry-After header asks for (RFC 9110, 10.2.3), not negative; null where it asks for nothing sensible. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(asked) ? null : Math.max(asked, 0);
}

/** Full jitter: anything up to a bound that doubles with each try. `random` in [0, 1). */
export const backoffMs = (attempt: number, random: number): number => random * Math.min(MOST_MS, BASE_MS * 2 ** attempt);
