import type { Format } from './parsed.js';

/** Options that say when a rule applies, not to what: the host is harmful all the same. They are recorded. */
const KEPT_OPTIONS = new Set(['third-party', 'important', 'document', 'all', 'popup', 'doc']);
const COSMETIC = /#@?[$?%]{0,2}#|\$\$/;
const HOST_RULE = /^(\|\|?)([^^/|*$?=&~:@#\s]+|\[[0-9a-f:.%]+\]|[0-9a-f]*:[0-9a-f:.]+)\^(?:\$(.*))?$/i;

/**
 * Adblock syntax (Adblock Plus, uBlock Origin, AdGuard): `||host^` covers the host and everything below it, `|host^` (of
 * DNS filters) the host alone, `@@||host^` is the list's own exception. Rules that need a browser to apply (cosmetic, by path, by other options) are refused.
 */
export const adblock: Format = (out) => ({
  line(text, number, truncated) {
    const content = text.trim();
    if (content === '' || content.startsWith('!') || /^\[.*\]$/.test(content)) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    if (COSMETIC.test(content)) return out.rejectRow(number, 'cosmetic rule', content);
    const allow = content.startsWith('@@');
    const match = HOST_RULE.exec(allow ? content.slice(2) : content);
    if (!match) return out.rejectRow(number, 'rule of more than a host', content);
    const [, anchor, host = '', options] = match;
    // In a browser's list `|` stands before the scheme: only of a name can a DNS filter's form be told from it.
    if (anchor === '|' && !/[a-z]/i.test(host)) return out.rejectRow(number, 'rule of more than a host', content);
    const refused = options?.split(',').find((option) => !KEPT_OPTIONS.has(option));
    if (refused !== undefined) return out.rejectRow(number, `option ${refused.split('=')[0] || 'of no name'}`, content);
    out.row();
    out.name(host, anchor === '||' ? 'subtree' : 'exact', number, { ...(allow ? { action: 'allow' as const } : {}), ...(options === undefined ? {} : { options }) });
  },
});
