import type { FormatName } from './formats/format-names.js';

export type Precedence = 'anyDepth' | 'deepest' | 'lastWins';

/**
 * How the rules of a format stand to each other. `anyDepth` (AdGuard's DNS filter): an exception frees its name and, where
 * it says so, all below, whatever blocks them and however deep; `important` beats it, an important exception beats that.
 * `deepest` (name servers): of statements about a name and its parents the deepest holds, so that a block below an
 * exception blocks, and only statements of one name are to be weighed; `lastWins` (unbound): of two zones of one name.
 */
export const PRECEDENCE: Readonly<Partial<Record<FormatName, Precedence>>> = {
  adblock: 'anyDepth',
  rpz: 'deepest',
  dnsmasq: 'deepest',
  unbound: 'lastWins',
};
