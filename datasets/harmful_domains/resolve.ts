import type { Row } from '../../contracts/reading.js';
import type { SortedRows } from '../shared/sorted-rows.js';
import { type Action, type Entry, keyOf } from './entries.js';
import type { FormatName } from './formats/format-names.js';
import { type Details, MAX_BADFILTERS, type ParseReport, ruleOf } from './formats/parsed.js';
import { above, COVERS, EXACT, type Flags, IMPORTANT, isFreed, OPEN, SUBTREE, ZONE_THAT_ANSWERS } from './names-above.js';
import { PRECEDENCE } from './precedence.js';
import { contentOf, detailsOf, type Folded, fold, isAlone, NO_MARKS, type Resolved, rowOf, weighed } from './rows-of-name.js';

/** Exceptions that are held in memory until the whole list was read. */
export const MAX_EXCEPTIONS = 100_000;

const isImportant = (options: string | undefined): boolean => options?.includes('important') === true && options.split(',').includes('important');
const keyParts = (key: string) => key.split('\t') as [Entry['type'], string, Entry['scope'], string];

interface Held {
  readonly name: string;
  readonly wide: boolean;
  readonly important: boolean;
  readonly rule: string;
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
  entries({ badfilters }: ParseReport, told: Resolved): Generator<Row> {
    return this.plain && badfilters.size === 0 ? this.rows.first() : this.resolved(badfilters, told);
  }

  private *resolved(badfilters: ParseReport['badfilters'], told: Resolved): Generator<Row> {
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
        else yield* weighed(this.precedence, type, name, folded, seen, told);
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
    else yield* weighed(this.precedence, type, name, folded, seen, told);
    this.rows.remove();
  }

  /**
   * What the list blocks among the names that its exceptions stand on and below: read once more, as an exception may come
   * before what overrules it, and what overrules may be as many as all rows.
   */
  private seen(held: readonly Held[], freed: Flags, switchedOff: (name: string, action: string, details: Details) => boolean): Flags {
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
}
