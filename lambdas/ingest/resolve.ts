import type { ListSource } from '../../contracts/index.js';
import type { Entry } from '../shared/entries.js';
import { type Details, MAX_BADFILTERS, type Marks, PARTS, type ParseReport, rejectSample, ruleOf } from '../shared/formats/parsed.js';
import { entryKey, type Listing } from '../shared/snapshot.js';
import { detailsOf, type SortedListings } from './sorted-listings.js';

/**
 * How the rules of a format stand to each other. `anyDepth` (AdGuard's DNS filter): an exception frees its name and, where
 * it says so, all below, whatever blocks them and however deep; `important` beats it, an important exception beats that.
 * `deepest` (name servers): of statements about a name and its parents the deepest holds, so that a block below an
 * exception blocks, and only statements of one name are to be weighed; `lastWins` (unbound): of two zones of one name.
 */
const PRECEDENCE: Readonly<Partial<Record<ListSource['format'], 'anyDepth' | 'deepest' | 'lastWins'>>> = {
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
  rejects: number;
  exceptionsRefused: number;
  readonly rejectSamples: string[];
}

export const nothingTold = (): Resolved => ({ cancelled: 0, rejects: 0, exceptionsRefused: 0, rejectSamples: [] });

/** Flags of a name among those that exceptions stand on or below. */
const EXACT = 1;
const SUBTREE = 2;
const IMPORTANT = 4;
const ZONE_THAT_ANSWERS = 8;
const OPEN = 16;

/** Names above one, nearest first. */
function* above(name: string): Generator<string> {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

const isImportant = (options: string | undefined): boolean => options?.split(',').includes('important') === true;
const keyParts = (key: string) => key.split('\t') as [Entry['type'], string, Entry['scope'], string];
const NO_MARKS: Marks = {};
const MIXED = 'exception of what is below a name that stays listed';

interface Held {
  readonly name: string;
  readonly wide: boolean;
  readonly important: boolean;
  readonly rule: string;
}

/** Rows of one name with one scope and action, as one. */
interface Folded {
  readonly scope: Entry['scope'];
  readonly action: string;
  readonly line: number;
  readonly details: Details;
  readonly marks: Marks;
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
  private tooMany = false;

  constructor(
    format: ListSource['format'],
    private readonly listings: SortedListings,
    private readonly maxExceptions = MAX_EXCEPTIONS,
  ) {
    this.precedence = PRECEDENCE[format];
  }

  add(entry: Entry, line: number, action: 'block' | 'allow' | 'popular', details: Omit<Details, 'action'>): void {
    this.listings.add(entryKey({ ...entry, action }), line, details);
    if (this.precedence === undefined || (action !== 'allow' && details.marks === undefined && details.options === undefined)) return;
    const { marks, options } = details;
    const important = isImportant(options);
    if (important && action !== 'allow') this.anyImportant = true;
    if (action === 'allow' || marks !== undefined) this.plain = false;
    if (action !== 'allow') return;
    if (this.exceptions.length >= this.maxExceptions) {
      this.tooMany = true;
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
  *entries({ badfilters }: ParseReport, told: Resolved): Generator<readonly [key: string, listing: Listing]> {
    if (this.plain && badfilters.size === 0) return yield* this.listings.sorted();
    const names = new Set([...badfilters].map((rule) => rule.split('\t')[2] ?? ''));
    const switchedOff = (name: string, action: string, details: Details) =>
      names.has(name) && (action === 'allow' || action === 'block') && badfilters.has(ruleOf(action, name, details));
    const held = this.exceptions.filter(({ rule }) => !badfilters.has(rule));
    const freed = new Map<string, number>();
    for (const { name, wide, important } of held) freed.set(name, (freed.get(name) ?? 0) | (wide ? SUBTREE : EXACT) | (important ? (wide ? SUBTREE : EXACT) * IMPORTANT : 0));
    const seen = this.seen(held, freed, switchedOff);

    let prefix = '';
    let type: Entry['type'] = 'domain';
    let name = '';
    let folded: Folded[] = [];
    for (const { key, line, said } of this.listings.statements()) {
      if (prefix === '' || !key.startsWith(prefix)) {
        yield* this.weighed(type, name, folded, seen, told);
        folded = [];
        [type, name] = keyParts(key);
        prefix = `${type}\t${name}\t`;
      }
      const [, , scope, action] = keyParts(key);
      const details = detailsOf(said);
      const important = isImportant(details.options);
      if (switchedOff(name, action, details)) told.cancelled++;
      else if (this.precedence === 'anyDepth' && action === 'block' && isFreed(name, important, freed)) told.cancelled++;
      else fold(folded, line, { scope, action, details, marks: details.marks ?? NO_MARKS, wide: scope === 'subtree' || details.marks?.wide === true, important });
    }
    yield* this.weighed(type, name, folded, seen, told);
    this.listings.remove();
  }

  /**
   * What the list blocks among the names that its exceptions stand on and below: read once more, as an exception may come
   * before what overrules it, and what overrules may be as many as all rows.
   */
  private seen(held: readonly Held[], freed: ReadonlyMap<string, number>, switchedOff: (name: string, action: string, details: Details) => boolean): ReadonlyMap<string, number> {
    const seen = new Map<string, number>();
    if (held.length === 0 || (this.precedence === 'anyDepth' && !this.anyImportant)) return seen;
    for (const { name } of held) {
      seen.set(name, 0);
      for (const parent of above(name)) seen.set(parent, 0);
    }
    for (const { key, said } of this.listings.statements()) {
      const [, name, scope, action] = keyParts(key);
      const flags = seen.get(name);
      if (flags === undefined) continue;
      const details = detailsOf(said);
      if (switchedOff(name, action, details)) continue;
      if (this.precedence !== 'anyDepth') {
        if (scope === 'subtree') seen.set(name, flags | (action === 'allow' ? OPEN : details.marks?.answersData === true ? SUBTREE | ZONE_THAT_ANSWERS : SUBTREE));
      } else if (action === 'block' && isImportant(details.options) && !isFreed(name, true, freed)) seen.set(name, flags | (scope === 'subtree' ? SUBTREE : EXACT));
    }
    return seen;
  }

  /** What stands of the rows of one name, in order of key. */
  private *weighed(type: Entry['type'], name: string, rows: Folded[], seen: ReadonlyMap<string, number>, told: Resolved): Generator<readonly [key: string, listing: Listing]> {
    const [only] = rows;
    // The way of nearly every name.
    if (only === undefined) return;
    if (rows.length === 1 && only.action !== 'allow' && only.marks.part === undefined) return yield listingOf(type, name, only);
    const left = new Set(rows);
    const cancel = (row: Folded) => {
      left.delete(row);
      told.cancelled += row.rows;
    };
    const refuse = (row: Folded, reason: string) => {
      left.delete(row);
      told.rejects += row.rows;
      if (row.action === 'allow' && reason !== row.marks.unlessCovered) told.exceptionsRefused += row.rows;
      told.rejectSamples.push(rejectSample(row.line, reason, name));
    };
    const blocks = () => rows.filter((row) => left.has(row) && row.action !== 'allow' && row.marks.part === undefined);
    const allows = () => rows.filter((row) => left.has(row) && row.action === 'allow');

    if (this.precedence === 'anyDepth') for (const row of allows()) this.underImportant(name, row, seen, cancel, refuse);
    // A zone whose data are real answers with them: it rewrites, and blocks nothing.
    const rewritten = allows().some(({ marks }) => marks.data);
    const zones = blocks().filter(({ marks }) => marks.answersData);
    if (rewritten) for (const zone of zones) refuse(zone, 'zone that rewrites the name');
    if (this.precedence !== 'anyDepth') this.disagreeing(blocks(), allows(), cancel);
    if (allows().some(({ marks }) => marks.ignoresData)) for (const row of blocks()) cancel(row);
    for (const half of rows.filter((row) => left.has(row) && row.marks.part !== undefined)) {
      const part = half.marks.part as keyof typeof PARTS;
      // What a name above says of it is no news.
      if (part === 'below' && blocks().length === 0 && isCovered(name, seen, false)) cancel(half);
      else if (blocks().length === 0) refuse(half, PARTS[part]);
      else if (part === 'ipv6' || blocks().some(({ scope }) => scope === 'subtree')) cancel(half);
      else Object.assign(half, { marks: {} });
    }
    for (const row of allows()) {
      const covered = isCovered(name, seen, row.marks.data === true && zones.length === 0);
      const blocked = blocks().length > 0;
      if (row.marks.unlessCovered !== undefined && !covered && !blocked) refuse(row, row.marks.unlessCovered);
      // What is below a name that stays is freed where something above blocks it; elsewhere it is free.
      else if (blocked && this.precedence !== 'anyDepth') {
        if (!covered) cancel(row);
        else if (row.scope !== 'subtree' || blocks().some(({ scope }) => scope === 'subtree')) refuse(row, MIXED);
      }
    }
    for (const row of sorted(rows.filter((each) => left.has(each)))) yield listingOf(type, name, row);
  }

  /** An exception that an important rule of the list overrules is none. */
  private underImportant(name: string, row: Folded, seen: ReadonlyMap<string, number>, cancel: (row: Folded) => void, refuse: (row: Folded, reason: string) => void): void {
    if (row.important) return;
    const here = seen.get(name) ?? 0;
    if (here & SUBTREE || (here & EXACT && !row.wide) || someAbove(name, (parent) => ((seen.get(parent) ?? 0) & SUBTREE) !== 0)) cancel(row);
    // The name stays, and what is below it is free.
    else if (here & EXACT && row.scope !== 'subtree') refuse(row, MIXED);
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

function listingOf(type: Entry['type'], name: string, { scope, action, line, details }: Folded): readonly [key: string, listing: Listing] {
  const { marks: _, ...said } = details;
  return [`${type}\t${name}\t${scope}\t${action}`, { line, details: said }];
}

function someAbove(name: string, is: (parent: string) => boolean): boolean {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) if (is(name.slice(dot + 1))) return true;
  return false;
}

/** Whether an exception of the list frees a name that one of its rules blocks. */
function isFreed(name: string, important: boolean, freed: ReadonlyMap<string, number>): boolean {
  const strength = important ? IMPORTANT : 1;
  if ((freed.get(name) ?? 0) & ((EXACT | SUBTREE) * strength)) return true;
  return someAbove(name, (parent) => ((freed.get(parent) ?? 0) & (SUBTREE * strength)) !== 0);
}

/** Whether the nearest statement above a name blocks all below. @param asData as data that a zone may not let answer */
function isCovered(name: string, seen: ReadonlyMap<string, number>, asData: boolean): boolean {
  for (const parent of above(name)) {
    const flags = seen.get(parent) ?? 0;
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
