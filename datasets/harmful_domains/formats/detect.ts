import type { FormatName as Format } from './format-names.js';
import { BodyParser } from './index.js';
import type { ParseCounts } from './parsed.js';

/** The formats from the most particular to the most lenient: where two read a body alike, it is of the first. */
const BY_STRICTNESS = [
  'allow_deny_json',
  'sluice_csv',
  'urlhaus_csv',
  'threatfox_csv',
  'phishtank_csv',
  'majestic_csv',
  'ranked_csv',
  'rpz',
  'bind',
  'unbound',
  'dnsmasq',
  'hosts',
  'urls',
  'plain',
  'wildcard',
  'adblock',
] as const satisfies readonly Format[];
// A format that is missing above does not compile.
const ALL_ARE_LISTED: Exclude<Format, (typeof BY_STRICTNESS)[number]> extends never ? true : never = true;

/** Below it, a body is not said to be of a format. */
const LEAST_SHARE = 0.5;

/** The part of a body's rows that are entries of its format, 0 to 1. */
export function shareOf({ accepted, ignored, rejects }: Pick<ParseCounts, 'accepted' | 'ignored' | 'rejects'>): number {
  const rows = accepted + ignored + rejects;
  return rows === 0 || accepted === 0 ? 0 : (accepted + ignored) / rows;
}

/** What a format makes of the beginning of a body. */
export function shareIn(format: Format, head: Uint8Array): number {
  const parser = new BodyParser(format, () => undefined);
  parser.push(head);
  const { counts, refusal } = parser.end();
  return refusal === null ? shareOf(counts) : 0;
}

/**
 * The format that fits the beginning of a body best; null where none fits half of it. A list whose first rows are none of
 * its entries (EasyList) may fit none.
 */
export function detectFormat(head: Uint8Array): Format | null {
  let best: Format | null = null;
  let bestShare = 0;
  for (const format of ALL_ARE_LISTED ? BY_STRICTNESS : []) {
    const share = shareIn(format, head);
    if (share >= LEAST_SHARE && share > bestShare) [best, bestShare] = [format, share];
  }
  return best;
}
