import { canonicalIp, isDottedDecimal } from '../shared/ip.js';
import { urlOf } from '../shared/url.js';
import { isKnownTopLevel, KNOWN_TOP_LEVEL, lookAt, MAYBE_SUFFIX, suffixKind } from './public-suffix.js';
import { isSharedHost } from './shared-hosts.js';

/** A domain in lower-case ASCII without trailing dot. Made only by {@link classify}. */
export type Domain = string & { readonly __brand: 'Domain' };
/** An IPv4 or IPv6 address in canonical form. Made only by {@link classify}. */
export type IpAddress = string & { readonly __brand: 'IpAddress' };
/** An http or https URL in the WHATWG form, ASCII, without fragment. Made only by {@link classifyUrl}. */
export type HttpUrl = string & { readonly __brand: 'HttpUrl' };

/** `exact`: this name alone; `subtree`: and everything below it. */
export type Scope = 'exact' | 'subtree';

export type Entry =
  | { readonly type: 'domain'; readonly name: Domain; readonly scope: Scope }
  | { readonly type: 'ip'; readonly name: IpAddress; readonly scope: 'exact' }
  | { readonly type: 'url'; readonly name: HttpUrl; readonly scope: 'exact' };

/** What an entry says of its name: harmful, an exception, or widely used. */
export const ACTIONS = ['block', 'allow', 'popular'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a row of a list is known by, and what orders a list's rows: type, name, scope and action, in code units. */
export const keyOf = ({ type, name, scope }: Entry, action: Action): string => `${type}\t${name}\t${scope}\t${action}`;

/** The parts of a key that {@link keyOf} made. */
export function partsOf(key: string): { readonly type: Entry['type']; readonly name: string; readonly scope: Scope; readonly action: Action } {
  const [type, name, scope, action] = key.split('\t') as [Entry['type'], string, Scope, Action];
  return { type, name, scope, action };
}

export const ENTRY_TYPES = ['domain', 'ip', 'url'] as const satisfies readonly Entry['type'][];

export type Classified =
  | {
      readonly kind: 'entry';
      readonly entry: Entry;
      /** The form said "and all below"; the entry is exact, because the name is a private public suffix. */
      readonly narrowed: boolean;
      /** The public suffix list knows no such top level. */
      readonly unknownTopLevel: boolean;
    }
  | { readonly kind: 'reject'; readonly reason: string }
  /** The unspecified address: it stands for nothing. */
  | { readonly kind: 'ignored' };

const LABEL = /^[a-z0-9_-]+$/;
const NON_ASCII = /[\u{80}-\u{10ffff}]/u;
const MAX_NAME = 253;
const MAX_URL = 2_048;

const IGNORED: Classified = { kind: 'ignored' };
const reject = (reason: string): Classified => ({ kind: 'reject', reason });

/**
 * Decides what a name on a list is (docs/validity.md). Never throws.
 *
 * Lower case; one trailing dot stripped; IDNA to ASCII only for names that need it; labels 1-63 and 253 in all (RFC
 * 1035); `_`, and `-` at a label's ends, allowed except in the top level; at least two labels; an ICANN public suffix
 * (`co.uk`) refused; a private one (`github.io`) accepted as exact only, whatever `scope` said; anything IP-shaped is an
 * `ip`, never a domain.
 */
export function classify(raw: string, scope: Scope): Classified {
  const seen = raw.length <= MAX_NAME ? lookAt(raw) : 0;
  if (seen !== 0) return domain(raw, scope, (seen & KNOWN_TOP_LEVEL) === 0, (seen & MAYBE_SUFFIX) === 0 ? undefined : suffixKind(raw));
  if (isDottedDecimal(raw)) return raw === '0.0.0.0' ? IGNORED : address(raw);
  let name = raw.toLowerCase();
  const ip = canonicalIp(name);
  if (ip === '0.0.0.0' || ip === '::') return IGNORED;
  if (ip !== undefined) return address(ip);
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (name === '') return reject('empty name');
  if (NON_ASCII.test(name)) {
    const ascii = toAscii(name);
    if (ascii === undefined) return reject('not a valid internationalised name');
    name = ascii;
  }
  if (name.length > MAX_NAME) return reject(`longer than ${MAX_NAME} characters`);
  const labels = name.split('.');
  for (const label of labels) {
    if (label === '') return reject('empty label');
    if (label.length > 63) return reject('label longer than 63 characters');
    if (!LABEL.test(label)) return reject('character that no host name has');
  }
  if (labels.length < 2) return reject('single label');
  const top = labels[labels.length - 1] ?? '';
  if (top.includes('_')) return reject('underscore in the top level');
  if (top.startsWith('-') || top.endsWith('-')) return reject('hyphen at an end of the top level');
  if (/^[0-9]+$/.test(top)) return reject('numeric top level');
  return domain(name, scope, !isKnownTopLevel(top), suffixKind(name));
}

const address = (ip: string): Classified => ({
  kind: 'entry',
  entry: { type: 'ip', name: ip as IpAddress, scope: 'exact' },
  narrowed: false,
  unknownTopLevel: false,
});

/** A name that is sound by its characters: what the public suffix list says of it. */
function domain(name: string, scope: Scope, unknownTopLevel: boolean, suffix: ReturnType<typeof suffixKind>): Classified {
  if (suffix === 'icann') return reject('public suffix');
  const entry = { type: 'domain', name: name as Domain, scope: suffix === 'private' ? 'exact' : scope } as const;
  return { kind: 'entry', entry, narrowed: suffix === 'private' && scope === 'subtree', unknownTopLevel };
}

const PLAIN_HOST = /^https?:\/\/([a-z0-9._-]+)(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** The host of a URL that has it in canonical form, with at most a port behind it, as nearly every URL has: no parser would change it, nor fail on what follows. */
function plainHost(text: string): string | undefined {
  const match = PLAIN_HOST.exec(text);
  if (match === null) return undefined;
  const [, host = '', port] = match;
  if (port !== undefined && Number(port) > 65_535) return undefined;
  return (lookAt(host) !== 0 && !host.includes('xn--')) || isDottedDecimal(host) ? host : undefined;
}

/** The host of a URL as the WHATWG parser gives it; undefined where that refuses. Never throws. */
export function hostOfUrl(text: string): string | undefined {
  const plain = plainHost(text);
  if (plain !== undefined) return plain;
  return urlOf(text)?.hostname;
}

/**
 * Decides what a URL on a list is. Never throws, and never cuts at `@`.
 *
 * A URL on a host that many share is a `url` entry; one on a host of its own stands for that host.
 *
 * @param isShared hosts that many share besides private public suffixes; @default those of shared-hosts.ts
 */
export function classifyUrl(raw: string, isShared: (host: string) => boolean = isSharedHost): Classified {
  const text = raw.trim();
  let hostname = plainHost(text);
  if (hostname === undefined && !/^https?:\/\//i.test(text)) return reject('not an http or https URL');
  if (text.length > MAX_URL) return reject(`URL longer than ${MAX_URL} characters`);
  if (hostname === undefined) {
    if (/^https?:\/\/[^/?#]*@/i.test(text)) return reject('user information in a URL');
    hostname = hostOfUrl(text);
    if (hostname === undefined) return reject('not a valid URL');
  }
  const host = classify(hostname, 'exact');
  if (host.kind !== 'entry' || host.entry.type !== 'domain') return host;
  const { name } = host.entry;
  if (!isShared(name) && suffixKind(name) !== 'private') return host;
  const url = new URL(text);
  if (url.pathname === '/' && url.search === '') return reject('a host that many share');
  url.hash = '';
  return { ...host, entry: { type: 'url', name: url.href as HttpUrl, scope: 'exact' } };
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
