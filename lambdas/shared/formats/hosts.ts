import { classify } from '../entries.js';
import { canonicalIp } from '../ip.js';
import { addReject, emptyReport, type Parser } from './parsed.js';

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
export const parseHosts: Parser = async (lines, emit) => {
  const report = emptyReport();
  const { counts } = report;
  for await (const { number, text, truncated } of lines) {
    counts.lines++;
    const hash = text.indexOf('#');
    const content = (hash === -1 ? text : text.slice(0, hash)).trim();
    if (content === '') {
      counts.comments++;
      continue;
    }
    const [address = '', ...names] = content.split(/\s+/);
    if (names.length > 0 && names.every((name) => OWN_NAMES.has(name.toLowerCase()))) {
      counts.boilerplate++;
      continue;
    }
    counts.rows++;
    const reject = (reason: string, name: string) => {
      counts.names++;
      addReject(report, number, reason, name);
    };
    if (truncated) {
      reject('line too long', content);
      continue;
    }
    const ip = canonicalIp(address.toLowerCase());
    if (ip === undefined || names.length === 0) {
      reject(ip === undefined ? 'row does not begin with an address' : 'address without a name', content);
      continue;
    }
    for (const name of names) {
      if (!SINKHOLES.has(ip)) {
        reject('address is no sinkhole', name);
        continue;
      }
      const classified = classify(name, 'exact');
      if (classified.kind === 'reject') {
        reject(classified.reason, name);
        continue;
      }
      counts.names++;
      if (classified.kind === 'ignored') {
        counts.ignored++;
      } else {
        counts.accepted++;
        emit(classified.entry, number);
      }
    }
  }
  return report;
};
