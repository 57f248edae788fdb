import type { Row } from '../../contracts/reading.js';
import { rejectSample } from '../shared/samples.js';
import type { Entry } from './entries.js';
import { type Details, type Marks, PARTS } from './formats/parsed.js';
import { type Flags, isCovered, isUnderImportant } from './names-above.js';
import type { Precedence } from './precedence.js';

export const NO_MARKS: Marks = {};
const NO_DETAILS: Details = {};

/** What came of the rows that the parser accepted, beyond those that are entries. */
export interface Resolved {
  /** Rows that others of the list take back, or that say nothing beside them. */
  cancelled: number;
  /** Entries beside those of rows: the other half of what is said of a name, or of all below it, alone. */
  made: number;
  rejects: number;
  readonly rejectSamples: string[];
}

export const nothingTold = (): Resolved => ({ cancelled: 0, made: 0, rejects: 0, rejectSamples: [] });

/** Rows of one name with one scope and action, as one. */
export interface Folded {
  scope: Entry['scope'];
  readonly action: string;
  readonly line: number;
  readonly details: Details;
  marks: Marks;
  readonly wide: boolean;
  readonly important: boolean;
  rows: number;
  lastLine: number;
  rank: number;
}

/** Adds a row to those of its name; one that says the same counts with it. */
export function fold(folded: Folded[], line: number, row: Pick<Folded, 'scope' | 'action' | 'details' | 'marks' | 'wide' | 'important'>): void {
  const { rank = 0 } = row.marks;
  const same = folded.find(
    (other) =>
      other.scope === row.scope &&
      other.action === row.action &&
      other.marks.part === row.marks.part &&
      other.marks.data === row.marks.data &&
      other.marks.unlessCovered === row.marks.unlessCovered &&
      other.important === row.important &&
      other.wide === row.wide,
  );
  if (same === undefined) {
    folded.push({ ...row, line, rows: 1, lastLine: line, rank });
    return;
  }
  same.rows++;
  same.lastLine = line;
  same.rank = Math.max(same.rank, rank);
}

/** The way of nearly every name: one row that blocks it. */
export const isAlone = (rows: readonly Folded[]): rows is readonly [Folded] => rows.length === 1 && rows[0]?.action !== 'allow' && rows[0]?.marks.part === undefined;

/** What a row says beyond its name, as text, and back. */
export function contentOf(details: Omit<Details, 'action'>): string {
  for (const _ in details) return JSON.stringify(details);
  return '';
}
export const detailsOf = (content: string): Details => (content === '' ? NO_DETAILS : (JSON.parse(content) as Details));

export function rowOf(type: Entry['type'], name: string, { scope, action, line, details }: Folded): Row {
  const { marks: _, ...said } = details;
  return { key: `${type}\t${name}\t${scope}\t${action}`, place: line, content: contentOf(said) };
}

/** What stands of the rows of one name, in order of key. @param seen what the list blocks on it and above it */
export function* weighed(precedence: Precedence | undefined, type: Entry['type'], name: string, rows: Folded[], seen: Flags, told: Resolved): Generator<Row> {
  const left = new Set(rows);
  const cancel = (row: Folded) => {
    left.delete(row);
    told.cancelled += row.rows;
  };
  const refuse = (row: Folded, reason: string) => {
    left.delete(row);
    told.rejects += row.rows;
    told.rejectSamples.push(rejectSample(row.line, reason, name));
  };
  const make = (scope: Entry['scope'], action: 'block' | 'allow', line: number) => {
    const row: Folded = { scope, action, line, details: {}, marks: NO_MARKS, wide: scope === 'subtree', important: false, rows: 0, lastLine: line, rank: 0 };
    rows.push(row);
    left.add(row);
    told.made++;
  };
  const stands = (action: 'block' | 'allow', part?: 'part') =>
    rows.filter((row) => left.has(row) && (row.action === 'allow') === (action === 'allow') && (row.marks.part === undefined) === (part === undefined));

  if (precedence === 'anyDepth') for (const row of stands('allow')) if (isUnderImportant(name, row, seen)) cancel(row);
  // A zone whose data are real answers with them: it rewrites, and blocks nothing.
  const zones = stands('block').filter(({ marks }) => marks.answersData);
  if (stands('allow').some(({ marks }) => marks.data)) for (const zone of zones) refuse(zone, 'zone that rewrites the name');
  if (precedence !== 'anyDepth') disagreeing(precedence, stands('block'), stands('allow'), cancel);
  if (stands('allow').some(({ marks }) => marks.ignoresData)) for (const row of stands('block')) cancel(row);
  const covered = isCovered(name, seen, stands('allow').some(({ marks }) => marks.data) && zones.length === 0);

  for (const half of stands('allow', 'part')) {
    half.marks = NO_MARKS;
    for (const block of stands('block')) block.scope = 'exact';
    if (stands('block').length === 0 && covered) make('exact', 'block', half.line);
  }
  for (const half of stands('block', 'part')) {
    const part = half.marks.part as keyof typeof PARTS;
    const blocks = stands('block');
    const alone = blocks.length === 0;
    if (alone && (part === 'ipv6' || half.scope === 'exact')) refuse(half, PARTS[part]);
    else if (!alone && (part === 'ipv6' || blocks.some(({ scope }) => scope === 'subtree'))) cancel(half);
    else {
      half.marks = NO_MARKS;
      // All below a name is blocked, the name is not: it is an exception of its own.
      for (const allow of stands('allow')) allow.scope = 'exact';
      if (alone && stands('allow').length === 0 && !covered) make('exact', 'allow', half.line);
    }
  }
  const blocks = stands('block');
  for (const row of precedence === 'anyDepth' ? [] : stands('allow')) {
    if (row.marks.unlessCovered !== undefined && !covered && blocks.length === 0) refuse(row, row.marks.unlessCovered);
    // A name stays while what is below it is free: an exception where something above would block that.
    else if (row.scope === 'subtree' && blocks.length > 0 && !covered) cancel(row);
    else if (row.marks.data && blocks.length > 0) cancel(row);
  }
  for (const row of sorted(rows.filter((each) => left.has(each)))) yield rowOf(type, name, row);
}

/** Of two rows of a name and scope, one that blocks and one that does not, the format tells which holds. */
function disagreeing(precedence: Precedence | undefined, blocks: readonly Folded[], allows: readonly Folded[], cancel: (row: Folded) => void): void {
  for (const block of blocks)
    for (const allow of allows) {
      if (block.scope !== allow.scope) continue;
      const blockWins = precedence === 'lastWins' ? block.lastLine > allow.lastLine : block.rank > allow.rank;
      cancel(blockWins ? allow : block);
    }
}

/** By key, each once: that of the first line. */
function sorted(rows: readonly Folded[]): Folded[] {
  const byKey = new Map<string, Folded>();
  for (const row of rows) {
    const key = `${row.scope}\t${row.action}`;
    const other = byKey.get(key);
    if (other === undefined || row.line < other.line) byKey.set(key, row);
  }
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Folded);
}
