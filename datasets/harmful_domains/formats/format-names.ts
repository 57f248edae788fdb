/** Formats of lists that are read here; each has a parser beside this file. */
export const LIST_FORMATS = [
  'hosts',
  'plain',
  'adblock',
  'wildcard',
  'rpz',
  'bind',
  'dnsmasq',
  'unbound',
  'urls',
  'urlhaus_csv',
  'threatfox_csv',
  'phishtank_csv',
  'majestic_csv',
  'ranked_csv',
  'sluice_csv',
  'allow_deny_json',
] as const;

export type FormatName = (typeof LIST_FORMATS)[number];
export const isFormat = (name: string): name is FormatName => (LIST_FORMATS as readonly string[]).includes(name);
