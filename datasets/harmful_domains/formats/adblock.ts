import { canonicalIp } from '../../shared/ip.js';
import { readHostsRow } from './hosts.js';
import type { Collector, Details, Format, Marks } from './parsed.js';
import { beforeComment, words } from './text.js';

/** Options that say when a rule applies, not to what: the host is harmful all the same. They are recorded. `3p` is uBlock Origin's. */
const KEPT_OPTIONS = new Set(['third-party', '3p', 'important', 'document', 'all', 'popup', 'doc']);
/** What of an exception a DNS filter applies; with any other option it means pages, not names. */
const KEPT_OF_EXCEPTIONS = new Set(['important']);
/** Placeholders, which mean nothing. */
const NO_OPTION = /^_+$/;
const PLAIN_HOST = /^[a-z0-9._-]+$/i;
const COSMETIC = /#@?[$?%]{0,2}#|\$@?\$/;
const HOST_RULE = /^(\|\|?)(\*\.)?([^^/|*$?=&~:@#\s]+|\[[0-9a-f:.%]+\]|[0-9a-f]*:[0-9a-f:.]+)(\^\|?|\/\*|\|)$/i;
const CARET = 0x5e;
const BAR = 0x7c;
/** As AdGuard tells a name from a pattern: letters, digits and hyphens, a top level of letters. */
const BARE_NAME = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)$/i;

/**
 * Adblock syntax (Adblock Plus, uBlock Origin, AdGuard) as a DNS filter applies it: `||host^` and `||host^|` cover the
 * host and everything below it, `|host^`, `|host|` and, as AdGuard takes them, a bare name and a hosts row the host alone;
 * `@@` makes an exception of the same. What a rule means beside the others of its list (`important`, `badfilter`,
 * exceptions) is told apart when all of it was read. Rules that need a browser to apply (cosmetic, by path, by other
 * options) are refused.
 */
export const adblock: Format = (out) => ({
  line(text, number, truncated) {
    if (text.charCodeAt(text.length - 1) === CARET && text.charCodeAt(0) === BAR && text.charCodeAt(1) === BAR && !truncated) {
      const host = text.slice(2, -1);
      if (PLAIN_HOST.test(host)) {
        out.row();
        return out.name(host, 'subtree', number);
      }
    }
    const content = text.trim();
    if (content === '' || content.startsWith('!') || /^\[.*\]$/.test(content)) return out.comment();
    if (content.startsWith('#') && !/^#@?[$?%]{0,2}#/.test(content)) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    // A comment behind a hosts row is not a selector.
    if (/^[0-9a-f:.]+[ \t]/i.test(content) && canonicalIp(words(content)[0]?.toLowerCase() ?? '') !== undefined)
      return readHostsRow(out, beforeComment(content, '#'), number, HOSTS_ROW);
    if (COSMETIC.test(content)) return out.rejectRow(number, 'cosmetic rule', content);
    const bare = content.replace(/\s+#(?!@?#).*$/, '');
    if (BARE_NAME.test(bare)) {
      out.row();
      return out.name(bare, 'exact', number, HOSTS_ROW);
    }
    networkRule(out, content, number);
  },
});

/** No badfilter rule means a row of a hosts file. */
const HOSTS_ROW: Details = { marks: { form: 'N' } };

function networkRule(out: Collector, content: string, number: number) {
  const action = content.startsWith('@@') ? 'allow' : 'block';
  const refuse = (reason: string) => out.rejectRow(number, action === 'allow' ? `exception, ${reason}` : reason, content, action);
  const rule = action === 'allow' ? content.slice(2) : content;
  const regex = rule.startsWith('/') && rule.lastIndexOf('/') > 0 && /\/(?:\$[a-z~_][^/]*)?$/.test(rule);
  if (regex && /[\\^$()[\]{}+|]/.test(rule.slice(1, rule.lastIndexOf('/')))) return refuse('regular expression');
  const at = rule.indexOf('$');
  const pattern = at === -1 ? rule : rule.slice(0, at);
  const match = HOST_RULE.exec(pattern);
  if (!match) return refuse(/^\|\|?[^/]*\*[^/]*\^?\|?$/.test(pattern) ? 'wildcard in the host' : 'rule of more than a host');
  const [, anchor, below, host = '', end = ''] = match;
  const subtree = anchor === '||';
  // In a browser's list `|` stands before the scheme: only of a name can a DNS filter's form be told from it.
  if (!subtree && !/[a-z]/i.test(host)) return refuse('rule of more than a host');
  if (!subtree && (below !== undefined || end === '/*')) return refuse('rule of more than a host');

  const given = at === -1 ? [] : rule.slice(at + 1).split(',');
  const options = given.filter((option) => !NO_OPTION.test(option));
  const kept = action === 'allow' ? KEPT_OF_EXCEPTIONS : KEPT_OPTIONS;
  const badfilter = options.includes('badfilter');
  const refused = badfilter ? undefined : options.find((option) => !kept.has(option));
  if (refused !== undefined) return refuse(`option ${refused.split('=')[0] || 'of no name'}`);
  const form = `${anchor}${below ?? ''}N${end}`;
  const marks: Marks = { ...(form === '||N^' ? {} : { form }), ...(below === undefined ? {} : { part: 'below' as const }) };
  const said = options.filter((option) => option !== 'badfilter').join(',');
  const details: Details = {
    ...(action === 'allow' ? { action } : {}),
    ...(said === '' ? {} : { options: said }),
    ...(Object.keys(marks).length === 0 ? {} : { marks }),
  };
  if (badfilter) return out.badfilter(host, action, details);
  if (action === 'allow' && below !== undefined) return refuse('all below a name, but not the name');
  out.row();
  out.name(host, subtree ? 'subtree' : 'exact', number, details);
}
