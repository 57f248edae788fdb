import type { Listing, NameRow } from './explanation.js';

/** As many independent origins must block a name that is widely used before it counts as harmful. */
export const ORIGINS_OF_POPULAR = 2;

const isOperator = ({ category }: Listing): boolean => category === 'operator';
const lasts = ({ validUntil }: Listing, now: number): boolean => validUntil === null || Date.parse(validUntil) > now;
/** Names of the sources of some listings, each once. */
export const sourcesOf = (listings: readonly Listing[]): string[] => [...new Set(listings.map(({ source }) => source))];

/** What a row's listings of now come to, for the name itself and for all below it (docs/confidence.md). */
export class Said {
  private readonly current: readonly Listing[];
  private readonly allows: readonly Listing[];

  constructor(
    readonly row: NameRow,
    now: number,
  ) {
    this.current = row.listings.filter((each) => each.current && lasts(each, now));
    this.allows = this.current.filter(({ action }) => action === 'allow');
  }

  /** The operator's exception of the name, or of all below it. */
  operatorAllows(scope?: 'subtree'): Listing | undefined {
    return this.allows.find((each) => isOperator(each) && (scope === undefined || each.scope === scope));
  }

  /** Sources that make an exception of the name, or of all below it. */
  excepting(scope?: 'subtree'): readonly string[] {
    return sourcesOf(this.allows.filter((each) => scope === undefined || each.scope === scope));
  }

  /** Blocks that hold: a list's exception cancels its own block of the same scope. */
  private get holding(): readonly Listing[] {
    const cancelled = ({ source, scope }: Listing) => this.allows.some((allow) => allow.source === source && allow.scope === scope);
    return this.current.filter((each) => each.action === 'block' && !cancelled(each));
  }

  /** Who blocks the name itself; none where they are too few. */
  get blocking(): readonly Listing[] {
    const exact = new Set(this.allows.filter(({ scope }) => scope === 'exact').map(({ source }) => source));
    return this.ifEnough(this.holding.filter(({ source }) => !exact.has(source)));
  }

  /** Who blocks all below the name, of sources other than some; none where they are too few. */
  covering(without: ReadonlySet<string>): readonly Listing[] {
    return this.ifEnough(this.holding.filter(({ source, scope }) => scope === 'subtree' && !without.has(source)));
  }

  private ifEnough(listings: readonly Listing[]): readonly Listing[] {
    const needed = this.row.widelyUsed && !listings.some(isOperator) ? ORIGINS_OF_POPULAR : 1;
    const enough = new Set(listings.map(({ origin }) => origin)).size >= needed;
    return enough && this.operatorAllows() === undefined ? listings : [];
  }
}
