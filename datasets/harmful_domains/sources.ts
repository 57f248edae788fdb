import type { DatasetInput } from '../../contracts/dataset.js';
import type { FormatName } from './formats/format-names.js';

type SourceInput = Extract<DatasetInput['sources'][number], { kind: 'list' | 'operator' }> & { readonly format: FormatName };

const MIB = 1024 * 1024;
const HOUR = { minutes: 60 };
const DAY = { minutes: 24 * 60 };

/** What a listing says of a name. The contract gives each source one; a source's own words for the threat may be finer. */
export const CATEGORIES = [
  'advertising',
  'botnet',
  'disposable_email',
  'malware',
  'operator',
  'phishing',
  'popular',
  'tracking',
  /** Several of the others, without saying which. */
  'unified',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** The source of `sluice allow` and `sluice deny`. */
export const OPERATOR_SOURCE = 'operator';

/** abuse.ch lets everybody use its data fairly, and asks those who earn with it to ask: not every business may. */
const ABUSE_CH_TERMS = {
  licence: 'abuse.ch terms of use: free under fair-use principles; commercial or for-profit needs may need a paid subscription',
  commercialUse: false,
  minIntervalMinutes: 5,
  enabled: false,
} as const;

const KEY_IN_PATH = {
  on: '2026-09-10',
  at: 'https://threatfox.abuse.ch/export/',
  says: 'an Auth-Key is required and goes into the path, as in https://threatfox-api.abuse.ch/v2/files/exports/YOUR-AUTH-KEY-HERE/full.csv.zip; before, it was the parameter auth-key',
} as const;
const FAIR_USE = {
  on: '2025-07-21',
  at: 'https://github.com/TheHive-Project/Cortex-Analyzers/pull/1362',
  says: 'URLhaus now asks for a key, free of charge; its page (https://urlhaus.abuse.ch/api/) adds: fair use, commercial or for-profit needs may require a paid subscription, dumps every 5 minutes and not to be fetched more often',
} as const;

/**
 * Sources of harmful names. Each was held against public evidence, which stands beside it: address, key, format, cadence,
 * size, licence. What is on by default works without a key and may be used by a business (test/unit/sources.test.ts).
 */
export const HARMFUL_DOMAIN_SOURCES: (SourceInput & { readonly category: Category })[] = [
  {
    kind: 'list',
    name: 'stevenblack',
    url: 'https://raw.githubusercontent.com/StevenBlack/hosts/master/alternates/fakenews-gambling-porn-social/hosts',
    format: 'hosts',
    category: 'unified',
    cadence: HOUR,
    reliability: 0.8,
    licence: 'MIT',
    homepage: 'https://github.com/StevenBlack/hosts',
    evidence: [
      {
        on: '2026-02-25',
        at: 'https://raw.githubusercontent.com/abmmhasan/hosts-blackhole/master/hosts/steven-black/all',
        says: 'a copy of this very file, its own address in the head: hosts rows of 0.0.0.0, 166,236 domains; it merges lists of several licences, URLhaus among them',
      },
      {
        on: '2025-10-04',
        at: 'https://raw.githubusercontent.com/stevenblack/hosts/master/alternates/fakenews-gambling-porn-social/hosts',
        says: '169,017 domains; the repository is MIT',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
    past: 'github',
  },
  {
    kind: 'list',
    name: 'urlhaus_hosts',
    url: 'https://urlhaus-api.abuse.ch/v2/files/exports/{key}/hostfile.txt',
    format: 'hosts',
    category: 'malware',
    cadence: HOUR,
    reliability: 0.95,
    origin: 'urlhaus',
    homepage: 'https://urlhaus.abuse.ch/api/',
    key: { secret: 'abuse-ch' },
    evidence: [
      KEY_IN_PATH,
      {
        on: '2026-02-04',
        at: 'https://raw.githubusercontent.com/StevenBlack/hosts/master/data/URLHaus/hosts',
        says: 'hosts rows of 127.0.0.1 under a comment; the file behind the key is shown to those who log in only, and has the name here that ThreatFox gives its own',
      },
      FAIR_USE,
    ],
    bounds: { minEntries: 1, maxBytes: 16 * MIB, maxShrink: 0.7 },
    ...ABUSE_CH_TERMS,
  },
  {
    kind: 'list',
    name: 'urlhaus_csv',
    url: 'https://urlhaus-api.abuse.ch/v2/files/exports/{key}/recent.csv',
    format: 'urlhaus_csv',
    category: 'malware',
    cadence: HOUR,
    reliability: 0.95,
    origin: 'urlhaus',
    homepage: 'https://urlhaus.abuse.ch/api/',
    key: { secret: 'abuse-ch' },
    evidence: [KEY_IN_PATH, FAIR_USE],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.9 },
    ...ABUSE_CH_TERMS,
  },
  {
    kind: 'list',
    name: 'urlhaus_filter',
    url: 'https://malware-filter.gitlab.io/malware-filter/urlhaus-filter-rpz.conf',
    format: 'rpz',
    category: 'malware',
    cadence: { minutes: 12 * 60 },
    reliability: 0.95,
    origin: 'urlhaus',
    licence: 'CC0-1.0',
    homepage: 'https://gitlab.com/malware-filter/urlhaus-filter',
    evidence: [
      { on: '2026-09-22', at: 'https://gitlab.com/explore/projects/topics/urlhaus', says: 'still worked on' },
      {
        on: '2025-07-15',
        at: 'https://github.com/curbengh/urlhaus-filter',
        says: 'no key; twice a day; this address is the first of six mirrors; CC0, made of URLhaus, which it names as CC0 (today URLhaus asks for fair use); popular sites by path only',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 32 * MIB, maxShrink: 0.7 },
  },
  {
    kind: 'list',
    name: 'onehosts_lite',
    url: 'https://raw.githubusercontent.com/badmojr/1Hosts/master/Lite/domains.txt',
    format: 'plain',
    category: 'tracking',
    cadence: DAY,
    reliability: 0.75,
    licence: 'MPL-2.0',
    homepage: 'https://github.com/badmojr/1Hosts',
    evidence: [
      {
        on: '2026-05-11',
        at: 'https://raw.githubusercontent.com/luckmagnet/luckmagnet.github.io/gh-pages/1hosts-Lite_adblock.txt',
        says: 'a copy of the Lite list: 92,875 rules, licence MPLv2',
      },
      { on: '2026-04-21', at: 'https://raw.githubusercontent.com/badmojr/1Hosts/master/Lite/rpz.txt', says: 'changed daily to weekly; beside it domains.txt, one name a line' },
      { on: '2025-03-02', at: 'https://github.com/badmojr/1Hosts/issues/1906', says: 'mini is given up; Lite is the one to take' },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
    past: 'github',
  },
  {
    kind: 'list',
    name: 'hagezi_pro',
    url: 'https://raw.githubusercontent.com/hagezi/dns-blocklists/main/wildcard/pro.txt',
    format: 'wildcard',
    category: 'tracking',
    cadence: { minutes: 12 * 60 },
    reliability: 0.85,
    licence: 'GPL-3.0',
    homepage: 'https://github.com/hagezi/dns-blocklists',
    evidence: [
      { on: '2026-08-25', at: 'https://github.com/fabriziosalmi/caddy-waf/pull/150', says: 'domains/ answers 404 since August, wildcard/ is what there is, rows of *.name' },
      {
        on: '2026-06-18',
        at: 'https://github.com/hagezi/dns-blocklists/issues/10546',
        says: 'hosts and subdomain formats left for dns-blocklists-legacy on 2026-08-01; wildcard/ stays',
      },
      {
        on: '2026-02-17',
        at: 'https://raw.githubusercontent.com/hagezi/dns-blocklists/main/dnsmasq/multi.txt',
        says: 'the sister list: expires after a day, 149,233 entries, GPL-3.0',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
    past: 'github',
  },
  {
    kind: 'list',
    name: 'oisd_small',
    url: 'https://small.oisd.nl/unbound',
    format: 'unbound',
    category: 'advertising',
    cadence: DAY,
    reliability: 0.9,
    licence: 'GPL-3.0',
    homepage: 'https://oisd.nl',
    evidence: [
      {
        on: '2026-08-01',
        at: 'https://raw.githubusercontent.com/sjhgvr/oisd/main/oisd_small.txt',
        says: '55,756 entries, made anew every hour, under the licence of the repository: GPL-3.0 (in 2023 it was still CC BY-NC-SA)',
      },
      {
        on: '2025-08-25',
        at: 'https://github.com/TechnitiumSoftware/DnsServer/issues/1441',
        says: 'other formats than Adblock are offered again; the site is slow for some, GitHub has copies',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
  },
  {
    kind: 'list',
    name: 'easylist',
    url: 'https://easylist.to/easylist/easylist.txt',
    format: 'adblock',
    category: 'advertising',
    cadence: { minutes: 4 * 24 * 60 },
    reliability: 0.85,
    licence: 'GPL-3.0-or-later OR CC-BY-SA-3.0',
    homepage: 'https://easylist.to',
    evidence: [
      {
        on: '2026-08-13',
        at: 'https://easylist.to/easylist/easylist.txt',
        says: 'about 77,700 rules, 44,276 of them whole hosts; expires after 4 days; licence GPL-3.0-or-later or CC BY-SA 3.0-or-later, at the choice of who uses it',
      },
    ],
    // Most of its rules are cosmetic or by path, which a list of names cannot hold.
    bounds: { minEntries: 1, maxBytes: 32 * MIB, maxShrink: 0.5, minValid: 0.3 },
  },
  {
    kind: 'list',
    name: 'adguard_dns',
    url: 'https://adguardteam.github.io/AdGuardSDNSFilter/Filters/filter.txt',
    format: 'adblock',
    category: 'advertising',
    cadence: DAY,
    reliability: 0.85,
    licence: 'GPL-3.0',
    homepage: 'https://github.com/AdguardTeam/AdGuardSDNSFilter',
    evidence: [
      {
        on: '2026-04-04',
        at: 'https://raw.githubusercontent.com/RusdiEneri/blacklist-hosts/main/hosts/adguard/dns.txt',
        says: 'version 1.0.61.60, compiled by @adguard/hostlist-compiler; rules ||name^ and exceptions @@||name^|; the repository is GPL-3.0',
      },
      { on: '2025-01-10', at: 'https://pastebin.com/smNFbhE4', says: '56,859 rules in AdGuard Home' },
    ],
    bounds: { minEntries: 1, maxBytes: 32 * MIB, maxShrink: 0.5 },
  },
  {
    kind: 'list',
    name: 'openphish',
    url: 'https://raw.githubusercontent.com/openphish/public_feed/refs/heads/main/feed.txt',
    format: 'urls',
    category: 'phishing',
    cadence: { minutes: 12 * 60 },
    reliability: 0.9,
    licence: 'OpenPhish terms of use: no commercial use of the community feed',
    commercialUse: false,
    homepage: 'https://openphish.com/terms.html',
    evidence: [
      { on: '2026-08-22', at: 'https://github.com/openphish/public_feed', says: '300 URLs every 12 hours, one a line; non-commercial use only' },
      { on: '2025-05-06', at: 'https://github.com/badmojr/1Hosts/pull/1996', says: 'openphish.com/feed.txt redirects to GitHub, and now and then answers 404' },
    ],
    minIntervalMinutes: 12 * 60,
    // A feed of the last hours: all of it may be new.
    bounds: { minEntries: 1, maxBytes: 8 * MIB, maxShrink: 1 },
    enabled: false,
  },
  {
    kind: 'list',
    name: 'phishtank',
    url: 'https://data.phishtank.com/data/{key}/online-valid.csv',
    format: 'phishtank_csv',
    category: 'phishing',
    cadence: HOUR,
    reliability: 0.85,
    licence: 'PhishTank terms of use: attribution; a key by registration, which has been closed since 2023',
    homepage: 'https://phishtank.org/developer_info.php',
    evidence: [
      {
        on: '2026-10-01',
        at: 'https://phishtank.org/developer_info.php',
        says: 'updated hourly; a key in the path, a few downloads a day without one; a User-Agent that says who asks',
      },
      { on: '2023-04-14', at: 'https://github.com/cybercdh/kitphishr/pull/5', says: 'registration is closed: only those who have a key can use it' },
    ],
    key: { secret: 'phishtank' },
    minIntervalMinutes: 60,
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.7 },
    enabled: false,
  },
  {
    kind: 'list',
    name: 'threatfox',
    url: 'https://threatfox-api.abuse.ch/v2/files/exports/{key}/recent.csv',
    format: 'threatfox_csv',
    category: 'botnet',
    cadence: HOUR,
    reliability: 0.9,
    homepage: 'https://threatfox.abuse.ch/export/',
    key: { secret: 'abuse-ch' },
    evidence: [
      KEY_IN_PATH,
      {
        on: '2026-09-10',
        at: 'https://threatfox.abuse.ch/export/',
        says: 'recent.csv, recent.json and hostfile.txt are what public code of 2026 takes from there, beside zips; the IOCs of six months at most; a column more than in 2025 (is_compromised)',
      },
      FAIR_USE,
    ],
    // Hashes are indicators too, and no names.
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 1, minValid: 0.1 },
    ...ABUSE_CH_TERMS,
  },
  {
    kind: 'list',
    name: 'blocklistproject_phishing',
    url: 'https://blocklistproject.github.io/Lists/phishing.txt',
    format: 'hosts',
    category: 'phishing',
    cadence: DAY,
    reliability: 0.6,
    licence: 'Unlicense',
    homepage: 'https://github.com/blocklistproject/Lists',
    evidence: [
      {
        on: '2026-07-20',
        at: 'https://github.com/blocklistproject/Lists',
        says: 'built by automation, phishing.txt last changed on 2026-07-05; hosts rows of 0.0.0.0; Unlicense',
      },
      { on: '2025-12-19', at: 'https://github.com/blocklistproject/Lists/blob/main/STATS.md', says: '190,222 domains' },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
  },
  {
    kind: 'list',
    name: 'disposable_email',
    url: 'https://raw.githubusercontent.com/disposable-email-domains/disposable-email-domains/main/disposable_email_blocklist.conf',
    format: 'plain',
    category: 'disposable_email',
    cadence: DAY,
    reliability: 0.9,
    licence: 'CC0-1.0',
    homepage: 'https://github.com/disposable-email-domains/disposable-email-domains',
    evidence: [
      {
        on: '2026-08-21',
        at: 'https://github.com/disposable-email-domains/disposable-email-domains',
        says: '8,335 names, one a line, changed on most days; CC0, even for commercial purposes',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 8 * MIB, maxShrink: 0.5 },
    past: 'github',
  },
  {
    kind: 'list',
    name: 'majestic',
    url: 'https://downloads.majestic.com/majestic_million.csv',
    format: 'majestic_csv',
    category: 'popular',
    cadence: DAY,
    reliability: 1,
    role: 'popular',
    top: 10_000,
    licence: 'CC-BY-3.0',
    homepage: 'https://majestic.com/reports/majestic-million',
    evidence: [
      { on: '2025-02-05', at: 'https://github.com/mthcht/awesome-lists/issues/25', says: 'taken from this address every day' },
      { on: '2022-07-01', at: 'https://ccampbell.io/posts/10-percent-of-top-million-sites-are-dead/', says: '12 columns with a header, GlobalRank, TldRank and Domain the first' },
      { on: '2022-04-23', at: 'https://github.com/danielmiessler/top-domains/issues/1', says: 'CC BY 3.0, as its page says' },
    ],
    bounds: { minEntries: 1, maxBytes: 256 * MIB, maxShrink: 0.9, minValid: 0 },
  },
  {
    kind: 'list',
    name: 'hagezi_tif',
    url: 'https://raw.githubusercontent.com/hagezi/dns-blocklists/main/wildcard/tif.txt',
    format: 'wildcard',
    category: 'malware',
    cadence: { minutes: 12 * 60 },
    reliability: 0.8,
    // A list of lists by the same hand: what it shares with hagezi_pro is one finding.
    origin: 'hagezi_pro',
    licence: 'GPL-3.0',
    homepage: 'https://github.com/hagezi/dns-blocklists#tif',
    evidence: [
      { on: '2026-09-04', at: 'https://github.com/nextdns/blocklists/issues/232', says: 'active threats out of many feeds: malware, command and control, scam, phishing' },
      {
        on: '2026-07-06',
        at: 'https://github.com/hagezi/dns-blocklists/issues/10738',
        says: 'as a zone it has outgrown what GitHub takes in one file; the other formats have not',
      },
      { on: '2026-05-21', at: 'https://raw.githubusercontent.com/hagezi/dns-blocklists/main/wildcard/tif-onlydomains.txt', says: '1,265,360 entries, made anew every 6 hours' },
    ],
    bounds: { minEntries: 1, maxBytes: 128 * MIB, maxShrink: 0.5 },
    enabled: false,
    offBecause: 'over a million names: as much as all other sources together',
    past: 'github',
  },
  {
    kind: 'list',
    name: 'oisd_big',
    url: 'https://big.oisd.nl/domainswild',
    format: 'wildcard',
    category: 'unified',
    cadence: DAY,
    reliability: 0.85,
    // oisd_small is a part of it.
    origin: 'oisd_small',
    licence: 'GPL-3.0',
    homepage: 'https://oisd.nl',
    evidence: [
      {
        on: '2026-06-07',
        at: 'https://raw.githubusercontent.com/sjhgvr/oisd/refs/heads/main/domainswild_big.txt',
        says: '427,410 entries as *.name, made anew every hour; 206,714 in January',
      },
      { on: '2025-08-25', at: 'https://github.com/TechnitiumSoftware/DnsServer/issues/1441', says: 'wildcard formats are offered beside Adblock; the site is slow for some' },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.6 },
    enabled: false,
    offBecause: 'oisd_small is a part of it, at an eighth of its size: switch on the one that you want',
  },
  {
    kind: 'list',
    name: 'cert_pl',
    url: 'https://hole.cert.pl/domains/v2/domains_adblock.txt',
    format: 'adblock',
    category: 'phishing',
    cadence: HOUR,
    reliability: 0.95,
    licence: 'CERT Polska warning list: published for operators, companies, organisations and users to block by; no licence named',
    homepage: 'https://cert.pl/en/warning-list/',
    evidence: [
      {
        on: '2026-10-12',
        at: 'https://raw.githubusercontent.com/bayraktarozcan/TC-SGB-API-to-List/filter-lists/02-polonya-certpl_adguard.txt',
        says: 'the v2 addresses answer; a copy of the day',
      },
      { on: '2026-09-18', at: 'https://github.com/AdguardTeam/HostlistsRegistry/pull/927', says: 'this very address is AdGuard’s source again, after a pause of some months' },
      {
        on: '2024-08-23',
        at: 'https://github.com/CERT-Polska/warning-list-tools',
        says: 'CERT Polska’s own instructions for organisations that want to block by it, subdomains too; best updated every 5 minutes. Names of the last 6 months (https://cert.pl/en/warning-list/)',
      },
    ],
    minIntervalMinutes: 5,
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.5 },
  },
  {
    kind: 'list',
    name: 'phishing_database',
    url: 'https://phish.co.za/latest/phishing-domains-ACTIVE.txt',
    format: 'plain',
    category: 'phishing',
    cadence: { minutes: 12 * 60 },
    reliability: 0.7,
    licence: 'MIT',
    homepage: 'https://github.com/Phishing-Database/Phishing.Database',
    evidence: [
      {
        on: '2026-08-01',
        at: 'https://github.com/Phishing-Database/Phishing.Database',
        says: 'the official address is at phish.co.za, GitHub has a copy; 496,575 domains captured, those that answer are in this file; several times a day; MIT',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 64 * MIB, maxShrink: 0.7 },
  },
  {
    kind: 'list',
    name: 'crux',
    url: 'https://raw.githubusercontent.com/zakird/crux-top-lists/main/data/global/current.csv.gz',
    format: 'ranked_csv',
    category: 'popular',
    // Made anew on the second Tuesday of a month.
    cadence: { minutes: 7 * 24 * 60 },
    reliability: 1,
    role: 'popular',
    top: 10_000,
    licence: 'CC-BY-4.0',
    homepage: 'https://developer.chrome.com/docs/crux/methodology',
    evidence: [
      {
        on: '2026-10-03',
        at: 'https://developer.chrome.com/docs/crux/methodology',
        says: 'what Chrome’s users visit; CC BY 4.0, attribution "Chrome UX Report, Google". Of the others, Cloudflare Radar is CC BY-NC, Tranco names no licence and is made of Radar too, Umbrella is a zip that ranks trackers as well',
      },
      {
        on: '2026-09-29',
        at: 'https://github.com/zakird/crux-top-lists',
        says: 'monthly copies out of BigQuery, the newest of August: origin,rank as CSV under gzip, ranks in steps of 1000, 10000, 100000; no licence of its own',
      },
    ],
    bounds: { minEntries: 1, maxBytes: 256 * MIB, maxShrink: 0.9, minValid: 0 },
  },
  { kind: 'operator', name: OPERATOR_SOURCE, category: 'operator', format: 'allow_deny_json' },
];
