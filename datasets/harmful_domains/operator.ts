import { z } from 'zod';
import { BadEdit } from '../../contracts/reading.js';
import { classify } from './entries.js';

/** What `sluice allow`, `deny` and `undo` ask for. `domain` may begin with `*.`: all below it too. `until` is when the entry ends, ISO 8601. */
const editSchema = z.object({ verdict: z.enum(['allow', 'deny', 'remove']), domain: z.string(), reason: z.string().optional(), until: z.string().optional() }).strict();
export type OperatorEdit = Readonly<z.infer<typeof editSchema>>;

interface OperatorEntry {
  readonly domain: string;
  readonly reason: string;
  readonly until?: string;
}

type OperatorList = Record<'allow' | 'deny', OperatorEntry[]>;

const nameOf = (domain: string): string => domain.replace(/^\*\./, '');

/** @throws BadEdit naming what is wrong with it */
export function validateEdit({ verdict, domain, reason, until }: OperatorEdit, now: Date): OperatorEdit {
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
 * @param current the list's last body; null where there is none
 * @throws BadEdit where the edit is none, or there is nothing to remove
 */
export function editList(current: string | null, given: unknown, now: Date): string {
  const edit = given === null ? null : parseEdit(given, now);
  const list: OperatorList = current === null ? { allow: [], deny: [] } : (JSON.parse(current) as OperatorList);
  const lasting = (entries: readonly OperatorEntry[]) => entries.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
  const kept: OperatorList = { allow: lasting(list.allow), deny: lasting(list.deny) };
  if (edit === null) return render(kept);
  const { verdict, domain, reason = '', until } = edit;
  // A name has one verdict and one scope: the newest.
  const without = (entries: readonly OperatorEntry[]) => entries.filter((entry) => nameOf(entry.domain) !== nameOf(domain));
  const rest: OperatorList = { allow: without(kept.allow), deny: without(kept.deny) };
  if (verdict === 'remove') {
    if (rest.allow.length === kept.allow.length && rest.deny.length === kept.deny.length) throw new BadEdit(`${domain} is neither allowed nor denied by the operator`);
    return render(rest);
  }
  const entry: OperatorEntry = { domain, reason, ...(until === undefined ? {} : { until }) };
  return render({ ...rest, [verdict]: [...rest[verdict], entry] });
}

function parseEdit(given: unknown, now: Date): OperatorEdit {
  const parsed = editSchema.safeParse(given);
  if (!parsed.success) throw new BadEdit(`no edit: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  return validateEdit(parsed.data, now);
}

/** Entries sorted by name: the same list has the same bytes. */
function render(list: OperatorList): string {
  const sorted = (entries: readonly OperatorEntry[]) => [...entries].sort((a, b) => (a.domain < b.domain ? -1 : 1));
  return `${JSON.stringify({ allow: sorted(list.allow), deny: sorted(list.deny) }, null, 1)}\n`;
}
