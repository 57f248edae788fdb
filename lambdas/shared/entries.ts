import { parse as parsePublicSuffix } from 'tldts';
import { canonicalIp } from './ip.js';

/** A domain in lower-case ASCII without trailing dot. Made only by {@link classify}. */
export type Domain = string & { readonly __brand: 'Domain' };
/** An IPv4 or IPv6 address in canonical form. Made only by {@link classify}. */
export type IpAddress = string & { readonly __brand: 'IpAddress' };

/** `exact`: this name alone; `subtree`: and everything below it. */
export type Scope = 'exact' | 'subtree';

export type Entry = { readonly type: 'domain'; readonly name: Domain; readonly scope: Scope } | { readonly type: 'ip'; readonly name: IpAddress; readonly scope: 'exact' };

export type Classified =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'reject'; readonly reason: string }
  /** The unspecified address: it stands for nothing. */
  | { readonly kind: 'ignored' };

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NON_ASCII = /[\u{80}-\u{10ffff}]/u;

const reject = (reason: string): Classified => ({ kind: 'reject', reason });

/**
 * Decides what a name on a list is. Never throws.
 *
 * Lower case; one trailing dot stripped; IDNA to ASCII only for names that need it; labels 1-63 and 253 in all (RFC
 * 1035); `_` allowed except in the top level; at least two labels; an ICANN public suffix (`co.uk`) refused; a private
 * one (`github.io`) accepted as exact only, whatever `scope` said; anything IP-shaped is an `ip`, never a domain.
 */
export function classify(raw: string, scope: Scope): Classified {
  let name = raw.toLowerCase();
  const ip = canonicalIp(name);
  if (ip === '0.0.0.0' || ip === '::') return { kind: 'ignored' };
  if (ip !== undefined) return { kind: 'entry', entry: { type: 'ip', name: ip as IpAddress, scope: 'exact' } };
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (name === '') return reject('empty name');
  if (NON_ASCII.test(name)) {
    const ascii = toAscii(name);
    if (ascii === undefined) return reject('not a valid internationalised name');
    name = ascii;
  }
  if (name.length > 253) return reject('longer than 253 characters');
  const labels = name.split('.');
  for (const label of labels) {
    if (label === '') return reject('empty label');
    if (label.length > 63) return reject('label longer than 63 characters');
    if (!LABEL.test(label)) return reject('character that no host name has');
  }
  if (labels.length < 2) return reject('single label');
  const top = labels[labels.length - 1] ?? '';
  if (top.includes('_')) return reject('underscore in the top level');
  if (/^[0-9]+$/.test(top)) return reject('numeric top level');
  const suffix = parsePublicSuffix(name, { allowPrivateDomains: true, extractHostname: false, validateHostname: false });
  if (suffix.publicSuffix === name) {
    if (suffix.isPrivate === true) return { kind: 'entry', entry: { type: 'domain', name: name as Domain, scope: 'exact' } };
    return reject('public suffix');
  }
  return { kind: 'entry', entry: { type: 'domain', name: name as Domain, scope } };
}

/** IDNA by the platform (UTS 46), for names that need it; undefined where it refuses or would change more than the name. */
function toAscii(name: string): string | undefined {
  if (/[\s/\\?#@:%[\]<>^|]/u.test(name)) return undefined;
  try {
    return new URL(`http://${name}/`).hostname;
  } catch {
    return undefined;
  }
}
