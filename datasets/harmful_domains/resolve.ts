import type { Row } from '../../contracts/reading.js';
import type { SortedRows } from '../shared/sorted-rows.js';
import { type Action, type Entry, keyOf } from './entries.js';
import type { FormatName } from './formats/format-names.js';
import { type Details, MAX_BADFILTERS, type Marks, PARTS, type ParseReport, rejectSample, ruleOf } from './formats/parsed.js';

/**
 * How the rules of a format stand to each other. `anyDepth` (AdGuard's DNS filter): an exception frees its name and, where
 * it says so, all below, whatever blocks them and however deep; `important` beats it, an important exception beats that.
 * `deepest` (name servers): of statements about a name and its parents the deepest holds, so that a block below an
 * exception blocks, and only statements of one name are to be weighed; `lastWins` (unbound): of two zones of one name.
 */
const PRECEDENCE: Readonly<Partial<Record<FormatName, 'anyDepth' | 'deepest' | 'lastWins'>>> = {
  adblock: 'anyDepth',
  rpz: 'deepest',
  dnsmasq: 'deepest',
  unbound: 'lastWins',
};

/** Exceptions that are held in memory until the whole list was read. */
export const MAX_EXCEPTIONS = 100_000;

/** What came of the rows that the parser accepted, beyond those that are entries. */
export interface Resolved {
  /** Rows that others of the list take back, or that say nothing beside them. */
  cancelled: number;
  /** Entries beside those of rows: the other half of what is said of a name, or of all below it, alone. */
  made: number;
  rejects: number;
  exceptionsRefused: number;
  readonly rejectSamples: string[];
}

export const nothingTold = (): Resolved => ({ cancelled: 0, made: 0, rejects: 0, exceptionsRefused: 0, rejectSamples: [] });

/** Flags of a name among those that exceptions stand on or below. */
const EXACT = 1;
const SUBTREE = 2;
const IMPORTANT = 4;
const ZONE_THAT_ANSWERS = 8;
const OPEN = 16;
const COVERS = 32;

/** Names above one, nearest first. */
function* above(name: string): Generator<string> {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

const isImportant = (options: string | undefined): boolean => options?.includes('important') === true && options.split(',').includes('important');
const keyParts = (key: string) => key.split('\t') as [Entry['type'], string, Entry['scope'], string];
const NO_MARKS: Marks = {};
const NO_DETAILS: Details = {};

/** What a row says beyond its name, as text, and back. */
function contentOf(details: Omit<Details, 'action'>): string {
  for (const _ in details) return JSON.stringify(details);
  return '';
}
const detailsOf = (content: string): Details => (content === '' ? NO_DETAILS : (JSON.parse(content) as Details));

interface Held {
  readonly name: string;
  readonly wide: boolean;
  readonly important: boolean;
  readonly rule: string;
}

/** Rows of one name with one scope and action, as one. */
interface Folded {
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

/**
 * The rows of a list, and what they mean together: an entry that the list itself frees or switches off is none, an
 * exception that the list overrules is none. Rows go through the external sort; held in memory are exceptions and badfilter
 * rules alone, up to {@link MAX_EXCEPTIONS} and {@link MAX_BADFILTERS}.
 */
export class ListRules {
  private readonly precedence;
  private readonly exceptions: Held[] = [];
  /** Whether a row was marked, or an exception: else every row is what it says. */
  private plain = true;
  private anyImportant = false;
  /** Names of which all below is said to be blocked, and that a name above may block as well. */
  private readonly belows: string[] = [];
  private tooMany = false;

  constructor(
    private readonly format: FormatName,
    private readonly rows: SortedRows,
    private readonly maxExceptions = MAX_EXCEPTIONS,
  ) {
    this.precedence = PRECEDENCE[format];
  }

  add(entry: Entry, line: number, action: Action, details: Omit<Details, 'action'>): void {
    this.rows.add(keyOf(entry, action), line, contentOf(details));
    if (this.precedence === undefined || (action !== 'allow' && details.marks === undefined && details.options === undefined)) return;
    const { marks, options } = details;
    const important = isImportant(options);
    if (important && action !== 'allow') this.anyImportant = true;
    if (action === 'allow' || marks !== undefined) this.plain = false;
    // In a zone a wildcard frees its own name from wildcards above.
    const below = action === 'block' && marks?.part === 'below' && this.format !== 'rpz';
    if (action !== 'allow' && !below) return;
    if (this.exceptions.length + this.belows.length >= this.maxExceptions) {
      this.tooMany = true;
      return;
    }
    if (below) {
      this.belows.push(entry.name);
      return;
    }
    const wide = entry.scope === 'subtree' || marks?.wide === true;
    this.exceptions.push({ name: entry.name, wide, important, rule: ruleOf('allow', entry.name, details) });
  }

  /** Why the list cannot be resolved, or null. */
  refusal({ badfilters }: ParseReport): string | null {
    if (this.tooMany) return `more than ${this.maxExceptions} exceptions, which have to be held in memory to be applied`;
    if (badfilters.size >= MAX_BADFILTERS) return `${MAX_BADFILTERS} badfilter rules or more, which have to be held in memory to be applied`;
    return null;
  }

  /** Every entry that stands, by key, once each. To be read once; `told` gets what came of the other rows. */
  *entries({ badfilters }: ParseReport, told: Resolved): Generator<Row> {
    if (this.plain && badfilters.size === 0) return yield* this.rows.first();
    const names = new Set([...badfilters].map((rule) => rule.split('\t')[2] ?? ''));
    const switchedOff = (name: string, action: string, details: Details) =>
      names.size > 0 && names.has(name) && (action === 'allow' || action === 'block') && badfilters.has(ruleOf(action, name, details));
    const held = this.exceptions.filter(({ rule }) => !badfilters.has(rule));
    const freed = new Map<string, number>();
    for (const { name, wide, important } of held) freed.set(name, (freed.get(name) ?? 0) | (wide ? SUBTREE : EXACT) | (important ? (wide ? SUBTREE : EXACT) * IMPORTANT : 0));
    const seen = this.seen(held, freed, switchedOff);

    let prefix = '';
    let type: Entry['type'] = 'domain';
    let name = '';
    let folded: Folded[] = [];
    for (const { key, place: line, content: said } of this.rows.all()) {
      if (prefix === '' || !key.startsWith(prefix)) {
        if (isAlone(folded)) yield rowOf(type, name, folded[0]);
        else yield* this.weighed(type, name, folded, seen, told);
        folded = [];
        const tab = key.indexOf('\t');
        const end = key.indexOf('\t', tab + 1);
        type = key.slice(0, tab) as Entry['type'];
        name = key.slice(tab + 1, end);
        prefix = key.slice(0, end + 1);
      }
      const scope = key.startsWith('exact', prefix.length) ? 'exact' : 'subtree';
      const action = key.slice(prefix.length + scope.length + 1);
      const details = detailsOf(said);
      const important = isImportant(details.options);
      if (switchedOff(name, action, details)) told.cancelled++;
      else if (this.precedence === 'anyDepth' && action === 'block' && isFreed(name, scope, important, freed)) told.cancelled++;
      else fold(folded, line, { scope, action, details, marks: details.marks ?? NO_MARKS, wide: scope === 'subtree' || details.marks?.wide === true, important });
    }
    if (isAlone(folded)) yield rowOf(type, name, folded[0]);
    else yield* this.weighed(type, name, folded, seen, told);
    this.rows.remove();
  }

  /**
   * What the list blocks among the names that its exceptions stand on and below: read once more, as an exception may come
   * before what overrules it, and what overrules may be as many as all rows.
   */
  private seen(held: readonly Held[], freed: ReadonlyMap<string, number>, switchedOff: (name: string, action: string, details: Details) => boolean): ReadonlyMap<string, number> {
    const seen = new Map<string, number>();
    if (this.belows.length === 0 && (held.length === 0 || (this.precedence === 'anyDepth' && !this.anyImportant))) return seen;
    for (const name of [...this.belows, ...held.map((each) => each.name)]) {
      seen.set(name, 0);
      for (const parent of above(name)) seen.set(parent, 0);
    }
    for (const { key, content: said } of this.rows.all()) {
      const begin = key.indexOf('\t') + 1;
      const flags = seen.get(key.slice(begin, key.indexOf('\t', begin)));
      if (flags === undefined) continue;
      const [, name, scope, action] = keyParts(key);
      const details = detailsOf(said);
      if (switchedOff(name, action, details)) continue;
      if (this.precedence !== 'anyDepth') {
        if (scope === 'subtree' && details.marks?.part !== 'ipv6')
          seen.set(name, flags | (action === 'allow' ? OPEN : details.marks?.answersData === true ? SUBTREE | ZONE_THAT_ANSWERS : SUBTREE));
      } else if (action === 'block' && details.marks?.part === undefined) {
        const important = isImportant(details.options);
        if (isFreed(name, scope, important, freed)) continue;
        seen.set(name, flags | (important ? (scope === 'subtree' ? SUBTREE : EXACT) : 0) | (scope === 'subtree' ? COVERS : 0));
      }
    }
    return seen;
  }

  /** What stands of the rows of one name, in order of key. */
  private *weighed(type: Entry['type'], name: string, rows: Folded[], seen: ReadonlyMap<string, number>, told: Resolved): Generator<Row> {
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

    if (this.precedence === 'anyDepth') for (const row of stands('allow')) if (isUnderImportant(name, row, seen)) cancel(row);
    // A zone whose data are real answers with them: it rewrites, and blocks nothing.
    const zones = stands('block').filter(({ marks }) => marks.answersData);
    if (stands('allow').some(({ marks }) => marks.data)) for (const zone of zones) refuse(zone, 'zone that rewrites the name');
    if (this.precedence !== 'anyDepth') this.disagreeing(stands('block'), stands('allow'), cancel);
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
    for (const row of this.precedence === 'anyDepth' ? [] : stands('allow')) {
      if (row.marks.unlessCovered !== undefined && !covered && blocks.length === 0) refuse(row, row.marks.unlessCovered);
      // A name stays while what is below it is free: an exception where something above would block that.
      else if (row.scope === 'subtree' && blocks.length > 0 && !covered) cancel(row);
      else if (row.marks.data && blocks.length > 0) cancel(row);
    }
    for (const row of sorted(rows.filter((each) => left.has(each)))) yield rowOf(type, name, row);
  }

  /** Of two rows of a name and scope, one that blocks and one that does not, the format tells which holds. */
  private disagreeing(blocks: readonly Folded[], allows: readonly Folded[], cancel: (row: Folded) => void): void {
    for (const block of blocks)
      for (const allow of allows) {
        if (block.scope !== allow.scope) continue;
        const blockWins = this.precedence === 'lastWins' ? block.lastLine > allow.lastLine : block.rank > allow.rank;
        cancel(blockWins ? allow : block);
      }
  }
}

/** The way of nearly every name: one row that blocks it. */
const isAlone = (rows: readonly Folded[]): rows is readonly [Folded] => rows.length === 1 && rows[0]?.action !== 'allow' && rows[0]?.marks.part === undefined;

function rowOf(type: Entry['type'], name: string, { scope, action, line, details }: Folded): Row {
  const { marks: _, ...said } = details;
  return { key: `${type}\t${name}\t${scope}\t${action}`, place: line, content: contentOf(said) };
}

/** Whether an important rule of the list overrules all of an exception. */
function isUnderImportant(name: string, { important, wide }: Folded, seen: ReadonlyMap<string, number>): boolean {
  if (important) return false;
  const here = seen.get(name) ?? 0;
  if (here & SUBTREE || (here & EXACT && !wide)) return true;
  for (const parent of above(name)) if ((seen.get(parent) ?? 0) & SUBTREE) return true;
  return false;
}

/** Whether an exception of the list frees all that one of its rules blocks. */
function isFreed(name: string, scope: Entry['scope'], important: boolean, freed: ReadonlyMap<string, number>): boolean {
  if (freed.size === 0) return false;
  const strength = important ? IMPORTANT : 1;
  // An exception of the name alone leaves what is below it.
  if ((freed.get(name) ?? 0) & ((scope === 'exact' ? EXACT | SUBTREE : SUBTREE) * strength)) return true;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) if ((freed.get(name.slice(dot + 1)) ?? 0) & (SUBTREE * strength)) return true;
  return false;
}

/** Whether the nearest statement above a name blocks all below. @param asData as data that a zone may not let answer */
function isCovered(name: string, seen: ReadonlyMap<string, number>, asData: boolean): boolean {
  for (const parent of above(name)) {
    const flags = seen.get(parent) ?? 0;
    if (flags & COVERS) return true;
    if (flags & SUBTREE) return !asData || (flags & ZONE_THAT_ANSWERS) !== 0;
    if (flags & OPEN) return false;
  }
  return false;
}

function fold(folded: Folded[], line: number, row: Pick<Folded, 'scope' | 'action' | 'details' | 'marks' | 'wide' | 'important'>): void {
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
