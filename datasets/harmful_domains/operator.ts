import { classify } from './entries.js';

/** What `sluice allow`, `deny` and `undo` ask for. `domain` may begin with `*.`: all below it too. */
export interface OperatorEdit {
  readonly verdict: 'allow' | 'deny' | 'remove';
  readonly domain: string;
  readonly reason?: string;
  /** When the entry ends, ISO 8601. @default - never */
  readonly until?: string;
}

/** A wish that cannot be carried out; its message says how it can. */
export class BadEdit extends Error {
  override readonly name = 'BadEdit';
}

interface OperatorEntry {
  readonly domain: string;
  readonly reason: string;
  readonly until?: string;
}

type OperatorList = Record<'allow' | 'deny', OperatorEntry[]>;

const nameOf = (domain: string): string => domain.replace(/^\*\./, '');

/** @throws BadEdit naming what is wrong with it */
export function checkEdit({ verdict, domain, reason, until }: OperatorEdit, now: Date): OperatorEdit {
  const below = domain.startsWith('*.');
  const classified = classify(below ? domain.slice(2) : domain, below ? 'subtree' : 'exact');
  if (classified.kind !== 'entry') throw new BadEdit(`${JSON.stringify(domain.slice(0, 80))}: ${classified.kind === 'reject' ? classified.reason : 'stands for nothing'}`);
  if (classified.narrowed) throw new BadEdit(`${domain}: a private public suffix stands for itself alone; leave the "*." away`);
  const name = `${classified.entry.scope === 'subtree' ? '*.' : ''}${classified.entry.name}`;
  if (verdict === 'remove') return { verdict, domain: name };
  if (reason === undefined || reason.trim() === '') throw new BadEdit(`a reason is needed to ${verdict} ${domain}: --reason "..."`);
  if (until === undefined) return { verdict, domain: name, reason: reason.trim() };
  const ends = Date.parse(until);
  if (Number.isNaN(ends)) throw new BadEdit(`until ${JSON.stringify(until.slice(0, 40))}: not a date; for example 2027-01-31`);
  if (ends <= now.getTime()) throw new BadEdit(`until ${until}: is over already`);
  return { verdict, domain: name, reason: reason.trim(), until: new Date(ends).toISOString() };
}

/**
 * The operator's list after an edit, entries whose time is over left out.
 *
 * An entry that changes its reason or its end is taken out in one body and comes back in the next: a snapshot's
 * differences are entries that came or went.
 *
 * @param current the list's last body; null where there is none
 * @returns the bodies to publish, in order
 * @throws BadEdit where there is nothing to remove
 */
export function editList(current: string | null, edit: OperatorEdit | null, now: Date): string[] {
  const list: OperatorList = current === null ? { allow: [], deny: [] } : (JSON.parse(current) as OperatorList);
  const lasting = (entries: readonly OperatorEntry[]) => entries.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
  const kept: OperatorList = { allow: lasting(list.allow), deny: lasting(list.deny) };
  if (edit === null) return [render(kept)];
  const { verdict, domain, reason = '', until } = edit;
  // A name has one verdict and one scope: the newest.
  const without = (entries: readonly OperatorEntry[]) => entries.filter((entry) => nameOf(entry.domain) !== nameOf(domain));
  const rest: OperatorList = { allow: without(kept.allow), deny: without(kept.deny) };
  if (verdict === 'remove') {
    if (rest.allow.length === kept.allow.length && rest.deny.length === kept.deny.length) throw new BadEdit(`${domain} is neither allowed nor denied by the operator`);
    return [render(rest)];
  }
  const entry: OperatorEntry = { domain, reason, ...(until === undefined ? {} : { until }) };
  const edited = render({ ...rest, [verdict]: [...rest[verdict], entry] });
  const old = kept[verdict].find((each) => each.domain === domain);
  return old === undefined || JSON.stringify(old) === JSON.stringify(entry) ? [edited] : [render(rest), edited];
}

/** Entries sorted by name: the same list has the same bytes. */
function render(list: OperatorList): string {
  const sorted = (entries: readonly OperatorEntry[]) => [...entries].sort((a, b) => (a.domain < b.domain ? -1 : 1));
  return `${JSON.stringify({ allow: sorted(list.allow), deny: sorted(list.deny) }, null, 1)}\n`;
}
