import type { Entry } from '../../../../datasets/harmful_domains/entries.js';
import { confidenceNow } from './confidence.js';
import { lineage } from './entry.js';
import type { Explanation, Listing, NameRow } from './explanation.js';
import { ORIGINS_OF_POPULAR, Said, sourcesOf } from './said.js';

/** What the rows of a name and of those above it come to: the nearest statement decides, a list's exception concerns that list alone. */
export function explain(entry: Entry, rows: readonly NameRow[], now: number): Explanation {
  const order = lineage(entry);
  const sorted = [...rows].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const said = sorted.map((row) => new Said(row, now));
  const own = said.find(({ row }) => row.name === entry.name);
  const given = { name: entry.name, type: entry.type, rows: sorted };
  for (const each of said) {
    const allow = each.operatorAllows(each === own ? undefined : 'subtree');
    if (allow)
      return {
        ...given,
        verdict: 'allowed',
        because: `the operator allows ${allow.scope === 'subtree' ? '*.' : ''}${each.row.name}: ${allow.reason ?? 'no reason given'}`,
        confidence: null,
      };
  }
  const harmful = (row: NameRow, by: readonly Listing[], prefix = ''): Explanation => ({
    ...given,
    verdict: 'harmful',
    because: `${prefix}listed by ${sourcesOf(by).join(', ')}`,
    confidence: confidenceNow(row, now),
  });
  if (own && own.blocking.length > 0) return harmful(own.row, own.blocking);
  const excepting = new Set(own?.excepting());
  let covered: NameRow | null = null;
  for (const each of said) {
    if (each === own) continue;
    const by = each.covering(excepting);
    if (by.length > 0) return harmful(each.row, by, `${each.row.name} covers all below it; `);
    if (each.covering(new Set()).length > 0) covered ??= each.row;
    for (const source of each.excepting('subtree')) excepting.add(source);
  }
  if (covered !== null)
    return {
      ...given,
      verdict: 'not listed',
      because: `${covered.name} covers all below it, but ${
        covered.widelyUsed ? 'too few of the lists that say so make no exception' : 'every list that says so makes an exception'
      } of ${entry.name}: ${[...excepting].join(', ')}`,
      confidence: null,
    };
  const row = own?.row;
  if (row === undefined || !row.listings.some(({ action }) => action === 'block'))
    return { ...given, verdict: 'not listed', because: 'no source lists it, nor a name above it with all below', confidence: null };
  const current = row.listings.filter((each) => each.current && each.action === 'block');
  if (current.length === 0)
    return { ...given, verdict: 'no longer listed', because: `the last source dropped it at ${row.delistedAt ?? '?'}`, confidence: confidenceNow(row, now) };
  if (row.widelyUsed)
    return {
      ...given,
      verdict: 'not enough origins',
      because: `a popularity list holds it, and ${row.originCount} of the ${ORIGINS_OF_POPULAR} independent origins it then needs lists it`,
      confidence: confidenceNow(row, now),
    };
  return { ...given, verdict: 'not listed', because: 'every list that names it makes an exception of it', confidence: confidenceNow(row, now) };
}
