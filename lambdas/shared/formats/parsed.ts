import type { Entry } from '../entries.js';
import type { Line } from '../lines.js';

/** Rejects kept as samples per body; all are counted. */
export const MAX_REJECT_SAMPLES = 20;
const MAX_SAMPLE_CHARACTERS = 120;

/**
 * What the lines of a body came to. `lines = comments + boilerplate + rows`; of the names on the rows,
 * `names = accepted + rejects + ignored`, repeats among the accepted included.
 */
export interface ParseCounts {
  lines: number;
  comments: number;
  boilerplate: number;
  rows: number;
  names: number;
  accepted: number;
  rejects: number;
  ignored: number;
}

export interface ParseReport {
  readonly counts: ParseCounts;
  /** `LINE: reason: text`, at most {@link MAX_REJECT_SAMPLES}, control characters escaped. */
  readonly rejectSamples: string[];
}

/** An entry and the line it stands on. */
export type EmitEntry = (entry: Entry, line: number) => void;

/** A parser for one format: lines in, entries out through `emit`, the report at the end. Never throws on content. */
export type Parser = (lines: AsyncIterable<Line>, emit: EmitEntry) => Promise<ParseReport>;

export function emptyReport(): ParseReport {
  return { counts: { lines: 0, comments: 0, boilerplate: 0, rows: 0, names: 0, accepted: 0, rejects: 0, ignored: 0 }, rejectSamples: [] };
}

export function addReject(report: ParseReport, line: number, reason: string, text: string): void {
  report.counts.rejects++;
  if (report.rejectSamples.length < MAX_REJECT_SAMPLES) {
    const safe = JSON.stringify(text.slice(0, MAX_SAMPLE_CHARACTERS)).slice(1, -1);
    report.rejectSamples.push(`${line}: ${reason}: ${safe}`);
  }
}
