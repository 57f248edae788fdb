import type { HttpSource } from '../../contracts/index.js';
import type { RecordedVersion, Recording } from '../../contracts/recording.js';
import { generateNames, seeded } from '../shared/made-up.js';
import type { FormatName } from './formats/format-names.js';

export interface HostsShape {
  readonly seed: number;
  /** Distinct domains. */
  readonly domains: number;
  readonly ips: number;
}

/**
 * A hosts file of true shape: header, the machine's own rows, sections with comments, inline comments, tabs, repeats,
 * capitals, a few addresses, and rows that no parser should take for a domain.
 */
export function generateHosts({ seed, domains, ips }: HostsShape): string {
  const random = seeded(seed);
  const names = generateNames(random, domains);
  const lines = [
    '# Title: Sluice/generated',
    '#',
    `# Number of unique domains: ${domains}`,
    '# This file is made by datasets/harmful_domains/recording.ts; no name in it is real.',
    '',
    '127.0.0.1 localhost',
    '127.0.0.1 localhost.localdomain',
    '255.255.255.255 broadcasthost',
    '::1 localhost',
    'fe80::1%lo0 localhost',
    'ff02::1 ip6-allnodes',
    '0.0.0.0 0.0.0.0',
    '',
  ];
  let row = 0;
  for (const name of names) {
    if (row++ % 500 === 0) lines.push('', `# Section ${(row / 500 + 1) | 0}`);
    const separator = random() < 0.05 ? '\t' : ' ';
    const shown = random() < 0.02 ? name.toUpperCase() : name;
    lines.push(`0.0.0.0${separator}${shown}${random() < 0.01 ? ' # seen in the wild' : ''}`);
    if (random() < 0.005) lines.push(`0.0.0.0 ${name}`);
  }
  for (let i = 0; i < ips; i++) lines.push(`0.0.0.0 203.0.113.${i % 256}`);
  lines.push('0.0.0.0 singlelabel', '0.0.0.0 bad_top.level_', '0.0.0.0 dash..example', 'not a row', '');
  return lines.join('\n');
}

const LISTED_AT = '2026-10-31 12:00:05';
const THREATS = ['elf', 'mirai', 'Cobalt Strike', 'emotet'];

/** A list of a format as its publishers write it: header, rows, now and then a row that no parser should take for an entry. */
const RENDERERS: Readonly<Partial<Record<FormatName, (names: readonly string[], random: () => number) => string[]>>> = {
  hosts: (names) => ['# Generated; no name in it is real.', '127.0.0.1 localhost', ...names.map((name) => `127.0.0.1\t${name}`)],
  plain: (names) => ['# Generated; no name in it is real.', ...names, 'singlelabel'],
  wildcard: (names) => ['# Generated; no name in it is real.', ...names.map((name) => `*.${name}`)],
  rpz: (names) => ['$TTL 30', '@ SOA localhost. root.localhost. 1 43200 3600 259200 300', '  NS localhost.', '; generated', ...names.map((name) => `${name} CNAME .`)],
  unbound: (names) => ['server:', ...names.map((name) => `local-zone: "${name}." always_null`)],
  adblock: (names, random) => [
    '[Adblock Plus]',
    '! Generated; no name in it is real.',
    ...names.map((name) => `||${name}^${random() < 0.1 ? '$third-party' : ''}`),
    'example.com##.banner',
    ...names.slice(0, 3).map((name) => `@@||ok.${name}^`),
  ],
  urls: (names, random) => [...names.map((name) => `https://${name}/login${Math.floor(random() * 1000)}`), 'https://sites.google.com/view/generated-example'],
  urlhaus_csv: (names, random) => [
    '# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter',
    ...names.map((name, i) => `"${i}","${LISTED_AT}","http://${name}/bin.sh","online","","malware_download","${THREATS[Math.floor(random() * THREATS.length)]}","",""`),
    `# Number of entries: ${names.length}`,
  ],
  threatfox_csv: (names, random) => [
    '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"',
    ...names.map(
      (name, i) =>
        `"${LISTED_AT}", "${i}", "${name}", "domain", "botnet_cc", "", "", "${THREATS[Math.floor(random() * THREATS.length)]}", "", "100", "False", "", "c2", "0", "generated"`,
    ),
  ],
  phishtank_csv: (names) => [
    'phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target',
    ...names.map((name, i) => `${i},https://${name}/signin,https://phishtank.example/${i},2026-10-31T12:00:05+00:00,yes,2026-10-31T13:00:00+00:00,yes,Other`),
  ],
  ranked_csv: (names) => ['origin,rank', ...names.map((name, i) => `https://${i % 2 === 0 ? 'www.' : ''}${name},${10 ** Math.max(3, Math.ceil(Math.log10(i + 1)))}`)],
  majestic_csv: (names) => ['GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs', ...names.map((name, i) => `${i + 1},${i + 1},${name},example,9,9`)],
};

/** Names of a recording: half of them from a pool that all sources share, so that lists overlap as the real ones do. */
function namesOf(pool: readonly string[], random: () => number, count: number): string[] {
  const names = new Set<string>();
  while (names.size < count / 2) names.add(pool[Math.floor(random() * pool.length)] as string);
  for (const name of generateNames(random, Math.ceil(count / 2))) names.add(name);
  return [...names];
}

const PAST_DAYS = 20;
const PAST_ENTRIES = 500;
const PAST_CHANGES = 10;

/** Versions of October 2026, one a day, of which each drops some names of the one before and gains as many. */
function past({ format }: HttpSource, random: () => number): RecordedVersion[] {
  const names = [...generateNames(random, PAST_ENTRIES + PAST_DAYS * PAST_CHANGES)];
  return Array.from({ length: PAST_DAYS }, (_, day) => ({
    at: new Date(Date.UTC(2026, 9, 1 + day, 6)),
    body: `${rendererOf(format)(names.slice(day * PAST_CHANGES, day * PAST_CHANGES + PAST_ENTRIES), random).join('\n')}\n`,
  }));
}

const STEVENBLACK_SHAPE = { seed: 20261123, domains: 20_000, ips: 25 };
const ENTRIES = 1_200;
/** Names that lists have in common. */
let pool: readonly string[] | undefined;

function rendererOf(format: string) {
  const render = RENDERERS[format as FormatName];
  if (render === undefined) throw new Error(`no recording can be made: datasets/harmful_domains/recording.ts has no renderer for ${format}`);
  return render;
}

function bodyOf({ name, format }: HttpSource, random: () => number): string {
  if (name === 'stevenblack') return generateHosts(STEVENBLACK_SHAPE);
  pool ??= [...generateNames(seeded(7), 3_000), ...generateNames(seeded(STEVENBLACK_SHAPE.seed), 1_000)];
  return `${rendererOf(format)(namesOf(pool, random, ENTRIES), random).join('\n')}\n`;
}

export const recording: Recording = { body: bodyOf, past };
