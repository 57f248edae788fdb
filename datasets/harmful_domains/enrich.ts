import { domainToUnicode } from 'node:url';
import { parse as parsePublicSuffix } from 'tldts';
import skeletonOf from 'unhomoglyph';
import type { Category } from './sources.js';

/** What can be said of a name from the name alone. Of an address nothing; of a URL, what its host is. */
export interface Enrichment {
  readonly public_suffix: string | null;
  readonly registrable_domain: string | null;
  /** Null where it is the name itself. */
  readonly unicode_name: string | null;
  readonly mixed_script: boolean;
  readonly confusable: boolean;
}

const NOTHING: Enrichment = { public_suffix: null, registrable_domain: null, unicode_name: null, mixed_script: false, confusable: false };
const SUFFIX_OPTIONS = { allowPrivateDomains: true, extractHostname: false, validateHostname: false } as const;

/** Enriches a name that `classify` or `classifyUrl` gave. */
export function enrich(type: 'domain' | 'ip' | 'url', name: string): Enrichment {
  if (type === 'ip') return NOTHING;
  const host = type === 'url' ? new URL(name).hostname : name;
  const { publicSuffix, domain } = parsePublicSuffix(host, SUFFIX_OPTIONS);
  const international = /(?:^|\.)xn--/.test(host);
  const labels = international ? domainToUnicode(host) : '';
  return {
    public_suffix: publicSuffix,
    registrable_domain: domain,
    unicode_name: labels === '' || labels === host ? null : labels,
    mixed_script: labels.split('.').some(isMixedScript),
    confusable: labels.split('.').some(isConfusable),
  };
}

/** Scripts that a registry takes for names (ICANN's label generation rules); a letter of any other counts as one of its own. */
const SCRIPTS = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Han',
  'Hiragana',
  'Katakana',
  'Bopomofo',
  'Hangul',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Georgian',
  'Ethiopic',
  'Cherokee',
] as const;
const LETTERS = SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const);
const SHARED = /[\p{Script=Common}\p{Script=Inherited}]/u;
/** UTS 39, 5.2, "highly restrictive": one script, or Latin with the scripts of Japanese, Chinese or Korean. */
const ALLOWED_TOGETHER: readonly (readonly string[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

function isMixedScript(label: string): boolean {
  const found = new Set<string>();
  for (const letter of label) {
    if (SHARED.test(letter)) continue;
    found.add(LETTERS.find(([, pattern]) => pattern.test(letter))?.[0] ?? 'other');
  }
  return found.size > 1 && !ALLOWED_TOGETHER.some((together) => [...found].every((script) => together.includes(script)));
}

const ASCII = /^[\u0021-\u007e]+$/;

/** Whether a label that is not ASCII has an ASCII skeleton (UTS 39, 4): a reader would take it for an ASCII name. */
const isConfusable = (label: string): boolean => label !== '' && !ASCII.test(label) && ASCII.test(skeletonOf(label));

/** Words of sources for what they list, in the contract's own. */
const CATEGORY_OF_WORD: ReadonlyMap<string, Category> = new Map(
  Object.entries({
    malware_download: 'malware',
    payload_delivery: 'malware',
    payload: 'malware',
    botnet_cc: 'botnet',
    c2: 'botnet',
    cc_skimming: 'phishing',
    phishing: 'phishing',
  } as const),
);

/** The category of one listing: what the source's own words for the threat say, else the source's. */
export function categoryOf(sourceCategory: string, tags: readonly string[] | undefined): string {
  for (const tag of tags ?? []) {
    const known = CATEGORY_OF_WORD.get(tag.toLowerCase());
    if (known !== undefined) return known;
  }
  return sourceCategory;
}

/** Threat words as they can be compared: lower case, blanks to `_`, each once, sorted. */
export function normaliseTags(tags: readonly string[] | undefined): string[] | null {
  if (tags === undefined || tags.length === 0) return null;
  return [...new Set(tags.map((tag) => tag.trim().toLowerCase().replaceAll(/\s+/g, '_')))].filter((tag) => tag !== '').sort();
}
