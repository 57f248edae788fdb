import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small generator of repeatable numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SYLLABLES = ['ba', 'ko', 'li', 'mer', 'nu', 'pra', 'sto', 'tek', 'vo', 'xi', 'zan', 'del', 'fi', 'gru', 'hy', 'jo'];
const PREFIXES = ['ads', 'track', 'pixel', 'login', 'cdn', 'stat', 'click', 'promo', 'metrics', 'x'];
/** Reserved by RFC 2606 and RFC 6761: no generated name can be anybody's. */
const TOPS = ['example', 'test', 'invalid', 'example.com', 'example.net', 'example.org'];

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
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const word = () => Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(SYLLABLES)).join('');
  const names = new Set<string>();
  while (names.size < domains) {
    const host = `${word()}${Math.floor(random() * 1000)}.${pick(TOPS)}`;
    names.add(random() < 0.6 ? `${pick(PREFIXES)}${Math.floor(random() * 100)}.${host}` : host);
  }
  const lines = [
    '# Title: Sluice/generated',
    '#',
    `# Number of unique domains: ${domains}`,
    '# This file is made by localstack/feeds/generate.ts; no name in it is real.',
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
  lines.push('0.0.0.0 singlelabel', '0.0.0.0 bad_top.level_', '0.0.0.0 -dash.example', 'not a row', '');
  return lines.join('\n');
}

/** Recordings of every source, made once into `folder`. */
export function generateFeeds(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'stevenblack.hosts'), generateHosts({ seed: 20261123, domains: 20_000, ips: 25 }));
}
