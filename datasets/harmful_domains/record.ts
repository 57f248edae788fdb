import type { ListSource, OperatorSource } from '../../contracts/index.js';
import type { Change, KeptRow } from '../../contracts/reading.js';
import type { RecordOf } from '../../contracts/record.js';
import type { harmfulDomains } from './contract.js';
import { categoryOf, enrich, normaliseTags } from './enrich.js';
import { partsOf } from './entries.js';

/** A source of names: a list, or what operators say by hand. */
export type NameSource = ListSource | OperatorSource;

/** What a row says beyond its name, by the names of the record's fields. */
interface Content {
  readonly options?: string;
  readonly listed_at?: string;
  readonly tags?: readonly string[];
  readonly reason?: string;
  readonly valid_until?: string;
  /** The category that the name had before its row said something else, where that is another. */
  readonly category_before?: string;
}

const NOTHING: Content = {};
const contentOf = (content: string): Content => (content === '' ? NOTHING : (JSON.parse(content) as Content));

const EVENTS: Readonly<Record<Change, 'listed' | 'delisted'>> = { added: 'listed', changed: 'listed', gone: 'delisted' };

/** The `harmful_domains` record of a snapshot's row; the contract describes the fields. */
export function recordOf(source: NameSource, { key, content, event, sequence, observedAt, place }: KeptRow): RecordOf<typeof harmfulDomains> {
  const { type, name, scope, action } = partsOf(key);
  const { options, listed_at, tags, reason, valid_until, category_before } = contentOf(content);
  return {
    source: source.name,
    entry_type: type,
    name,
    scope,
    action,
    event: EVENTS[event],
    restated: event === 'changed',
    category_before: event === 'changed' ? (category_before ?? null) : null,
    sequence,
    category: categoryOf(source.category, tags),
    reliability: source.reliability,
    origin: originOf(source),
    observed_at: new Date(observedAt).toISOString(),
    line: place,
    options: options ?? null,
    listed_at: listed_at ?? null,
    tags: normaliseTags(tags),
    reason: reason ?? null,
    valid_until: valid_until ?? null,
    ...enrich(type, name),
  };
}

/**
 * What to keep of a row that says something else than before: the new content, and the category that the name leaves, so that what is
 * counted by category counts it there no more.
 */
export function restated(source: NameSource, before: string, after: string): string {
  const [left, now] = [categoryOf(source.category, contentOf(before).tags), categoryOf(source.category, contentOf(after).tags)];
  return left === now ? after : JSON.stringify({ ...contentOf(after), category_before: left });
}

/** Content as builds of version 3 of the contract wrote it, by the names of the fields. */
export const former = (content: string): string => content.replace('"listedAt":', '"listed_at":').replace('"validUntil":', '"valid_until":');

/** Whose findings a source lists. */
export const originOf = (source: NameSource): string => (source.kind === 'list' ? (source.origin ?? source.name) : source.name);
