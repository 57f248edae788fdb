import { canonicalIp } from '../../shared/ip.js';
import type { Collector, Details, Format } from './parsed.js';
import { beforeComment, words } from './text.js';

/** Addresses that a hosts list points its names to; rows of other addresses map names and block nothing. */
const SINKHOLES = new Set(['0.0.0.0', '127.0.0.1', '::', '::1']);

/** Names that a hosts file wants for the machine itself (as in Debian's and macOS's), never entries. */
const OWN_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost4.localdomain4',
  'localhost6',
  'localhost6.localdomain6',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
]);

/**
 * A hosts file: `ADDRESS NAME [NAME...] [# comment]` (hosts(5)). Each name stands for exactly itself.
 *
 * A row whose names are all the machine's own is boilerplate; a name behind an address that is no sinkhole is a reject.
 */
export const hosts: Format = (out) => ({
  line(text, number, truncated) {
    const content = beforeComment(text, '#');
    if (content === '') return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    readHostsRow(out, content, number);
  },
});

/** A row of a hosts file, its comment taken off. */
export function readHostsRow(out: Collector, content: string, number: number, details?: Details) {
  const [address = '', ...names] = words(content);
  if (names.length > 0 && names.every((name) => OWN_NAMES.has(name.toLowerCase()))) return out.boilerplate();
  out.row();
  const ip = SINKHOLES.has(address) ? address : canonicalIp(address.toLowerCase());
  if (ip === undefined) return out.reject(number, 'row does not begin with an address', content);
  if (names.length === 0) return out.reject(number, 'address without a name', content);
  for (const name of names) {
    if (SINKHOLES.has(ip)) out.name(name, 'exact', number, details);
    else out.reject(number, 'address is no sinkhole', name);
  }
}
