import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import type { buildConnector } from 'undici';

/** A request that must not be made, whoever asked for it. Never tried again. */
export class ForbiddenTarget extends Error {
  override readonly name = 'ForbiddenTarget';
}

/** Every address of a host, in text. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (hostname) => (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Whether an address belongs to the public internet: not private, loopback, link-local (cloud metadata among them),
 * multicast, carrier-grade NAT or otherwise reserved (IANA's special-purpose registries), also inside IPv6.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // `process` turns IPv4-mapped IPv6 into IPv4.
  return ipaddr.process(text.replace(/%.*$/, '')).range() === 'unicast';
}

/**
 * Checks what can be said of a URL before anything is resolved.
 *
 * @throws ForbiddenTarget for another scheme than http and https, user information, or an address that is not public
 */
export function assertAllowedUrl(url: URL, allowPrivate: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new ForbiddenTarget(`scheme ${url.protocol} is not fetched`);
  if (url.username !== '' || url.password !== '') throw new ForbiddenTarget('a URL with user information is not fetched');
  // The URL parser has made every notation of an IPv4 address dotted decimal by now.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValid(host)) assertPublic(host, [host], allowPrivate);
}

function assertPublic(hostname: string, addresses: readonly string[], allowPrivate: boolean): void {
  if (allowPrivate) return;
  const bad = addresses.find((address) => !isPublicAddress(address));
  if (bad !== undefined) throw new ForbiddenTarget(`${hostname} leads to ${bad}, which is no public address`);
}

export interface GuardOptions {
  readonly resolve: Resolve;
  /** What opens the connection, to an address that was checked. */
  readonly connector: buildConnector.connector;
  /** Feeds recorded on this machine are on loopback. */
  readonly allowPrivate: boolean;
}

/**
 * Connects only to addresses that were resolved and checked here, and to no other: the connector is given the address,
 * so that a name which answers differently a second time (DNS rebinding) gains nothing. One bad address among several
 * refuses the host.
 */
export function guardedConnector({ resolve, connector, allowPrivate }: GuardOptions): buildConnector.connector {
  return (options, callback) => {
    const hostname = options.hostname.replace(/^\[(.*)\]$/, '$1');
    const literal = ipaddr.isValid(hostname);
    const check = async () => {
      const addresses = literal ? [hostname] : await resolve(hostname);
      const [first] = addresses;
      if (first === undefined) throw new Error(`${hostname} has no address`);
      assertPublic(hostname, addresses, allowPrivate);
      return first;
    };
    check().then(
      (address) => connector({ ...options, hostname: address, ...(literal ? {} : { servername: options.servername || hostname }) }, callback),
      (error: Error) => callback(error, null),
    );
  };
}
