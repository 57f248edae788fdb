import { getDomain } from 'tldts';
import { hostOfUrl } from './entries.js';
import { lookAt } from './public-suffix.js';
import { isSharedHost } from './shared-hosts.js';

/** A body shows a host to be shared by so many different URLs, */
export const MANY_URLS = 10;
/** that lie in as many different folders (whose owner is another each time); */
export const MANY_FOLDERS = 10;
/** or by so many, which as many reporters have found apart from each other. */
export const VERY_MANY_URLS = 20;
export const MANY_REPORTERS = 3;

/** Hosts that are counted; of a body with more, those that come first. */
const MAX_HOSTS = 50_000;

/** Hashes of what was seen of a host, each kind up to its threshold. */
interface Seen {
  readonly urls: number[];
  readonly folders: number[];
  readonly reporters: number[];
  /** Once it was asked for. */
  verdict?: boolean;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = -2128831035;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value;
}

function note(seen: number[], value: number, most: number): void {
  if (seen.length < most && !seen.includes(value)) seen.push(value);
}

const ICANN_ONLY = { allowPrivateDomains: false, extractHostname: false, validateHostname: false } as const;
const PRIVATE_TOO = { ...ICANN_ONLY, allowPrivateDomains: true } as const;

/** Whether a name is what somebody registers at a registry, and not a name below: only such names of a popularity list count. */
export const isRegistrable = (name: string): boolean => getDomain(name, ICANN_ONLY) === name;

/** Outside knowledge of hosts, for {@link HostEvidence}. */
export interface HostKnowledge {
  /** Registrable domains (of registries, such as `wsimg.com`) that are widely used. */
  readonly popular: ReadonlySet<string>;
  /** Hosts of which the list's last snapshot holds URLs: they were judged shared before. */
  readonly before: ReadonlySet<string>;
}

/**
 * Judges which hosts of a list of URLs are shared by many, of whom few do harm: what such a host serves must not be
 * listed whole. In two steps: {@link see} each URL of the body, then ask {@link isShared}. The rules are in
 * docs/validity.md; the verdict depends on nothing but the body and the knowledge.
 */
export class HostEvidence {
  private readonly hosts = new Map<string, Seen>();

  constructor(private readonly knowledge: HostKnowledge) {}

  see(url: string, reporter: string | undefined): void {
    const host = hostOfUrl(url.trim());
    // An address is nobody's but its own.
    if (host === undefined || lookAt(host) === 0) return;
    let seen = this.hosts.get(host);
    if (seen === undefined) {
      if (this.hosts.size >= MAX_HOSTS) return;
      seen = { urls: [], folders: [], reporters: [] };
      // A copy: a slice would keep the whole chunk of the body that it was cut from.
      this.hosts.set(Buffer.from(host, 'latin1').toString('latin1'), seen);
    }
    note(seen.urls, hash(url), VERY_MANY_URLS);
    note(seen.folders, hash(folderOf(url)), MANY_FOLDERS);
    if (reporter !== undefined && reporter !== '') note(seen.reporters, hash(reporter), MANY_REPORTERS);
  }

  /** Whether URLs on the host stand for themselves. To be asked when the whole body was seen. */
  isShared(host: string): boolean {
    const seen = this.hosts.get(host);
    if (seen?.verdict !== undefined) return seen.verdict;
    const verdict = isSharedHost(host) || this.knowledge.before.has(host) || this.isPopular(host) || (seen !== undefined && isCrowded(seen));
    if (seen !== undefined) seen.verdict = verdict;
    return verdict;
  }

  /** The host belongs to whoever registered a widely used domain, and is not a customer's own below a private suffix. */
  private isPopular(host: string): boolean {
    const { popular } = this.knowledge;
    if (popular.size === 0) return false;
    const registrable = getDomain(host, ICANN_ONLY);
    return registrable !== null && popular.has(registrable) && getDomain(host, PRIVATE_TOO) === registrable;
  }
}

const isCrowded = ({ urls, folders, reporters }: Seen): boolean =>
  (urls.length >= MANY_URLS && folders.length >= MANY_FOLDERS) || (urls.length >= VERY_MANY_URLS && reporters.length >= MANY_REPORTERS);

/** A URL without its query and the last part of its path. */
function folderOf(url: string): string {
  const path = url.slice(0, (url.search(/[?#]/) + 1 || url.length + 1) - 1);
  return path.slice(0, path.lastIndexOf('/'));
}
