/**
 * bench/parse: lines a second and core, parsed, classified and normalised (validity, public suffixes, addresses).
 *
 *   node --import tsx bench/parse.ts [--lines 300000]
 *
 * On the real lists of ../shared/data, each repeated whole up to `--lines`; where that folder is missing, on generated
 * ones, which it says. URLhaus's CSV is not in the folder: its rows are made of the URLs and hosts of urlhaus-filter.
 * Beside each, public peers from npm on the same bytes in the same run: `hosts-parser` (splits, checks nothing),
 * `is-valid-domain` line by line, `@ghostery/adblocker` (its filters, unindexed), `dns-zonefile` (of one copy: its time grows
 * faster than the zone), bare `csv-parse`. CPU time, so that a busy machine distorts less; best of five, after one to warm up.
 *
 * Goals: 1,000,000 lines a second and core on hosts, plain, Adblock and RPZ; URLhaus's CSV 0.6 of bare csv-parse. Exits 1
 * below them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseFilters } from '@ghostery/adblocker';
import { parse as csvParse } from 'csv-parse/sync';
import zonefile from 'dns-zonefile';
import { Hosts } from 'hosts-parser';
import isValidDomain from 'is-valid-domain';
import { BodyParser } from '../datasets/harmful_domains/formats/index.js';
import type { FormatOptions } from '../datasets/harmful_domains/formats/parsed.js';
import { generateHosts } from '../datasets/harmful_domains/recording.js';
import { ROOT } from '../localstack/paths.js';

const { values } = parseArgs({ options: { lines: { type: 'string', default: '300000' } } });
const wanted = Number(values.lines);
const GOAL = 1_000_000;
const GOAL_OF_CSV_PARSE = 0.6;

const folder = join(process.env.SLUICE_SHARED_DATA ?? join(ROOT, '..', 'shared', 'data'), 'blocklists');
const real = existsSync(folder);
if (!real) console.error(`${folder} is missing: the lists below are generated, and their figures are not those of real ones`);

function read(file: string): string {
  const bytes = readFileSync(join(folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

const generated = generateHosts({ seed: 1, domains: 20_000, ips: 20 });
const names = [...generated.matchAll(/^0\.0\.0\.0\s+(\S+\.\S+)/gm)].map(([, name = '']) => name.toLowerCase());

/** URLs as URLhaus lists them: rules by path as they are, bare hosts with a port and a path as droppers have them. */
const urls = (real ? read('urlhaus-filter-2025-07/ubo-urls.txt.gz').split('\n') : names)
  .filter((line) => line !== '' && !line.startsWith('!'))
  .map((line, i) => (line.startsWith('||') ? `http://${line.slice(2).replace(/\^.*$/, '')}` : `http://${line}:${40_000 + (i % 20_000)}/i`));
const csvRow = (url: string, i: number): string =>
  `"${3_500_000 + i}","2025-07-${String(1 + (i % 28)).padStart(2, '0')} 12:00:${String(i % 60).padStart(2, '0')}","${url.replaceAll('"', '%22')}","online","2025-07-19 12:00:05","malware_download","32-bit,elf,mips,Mozi","https://urlhaus.abuse.ch/url/${3_500_000 + i}/","geenensp"`;

const ONE = {
  hosts: real ? read('stevenblack-2019-03-27.hosts.gz') : generated,
  plain: real ? read('disposable_email_blocklist.conf') + read('urlhaus-filter-2025-07/domains.txt.gz') : `${names.join('\n')}\n`,
  adblock: real ? read('easylist-2026-08-13.txt.gz') : `${names.map((name) => `||${name}^`).join('\n')}\n`,
  rpz: real
    ? read('urlhaus-filter-2025-07/rpz.conf.gz')
    : `$TTL 30\n@ SOA localhost. root.localhost. 1 2 3 4 5\n NS localhost.\n${names.map((name) => `${name} CNAME .\n`).join('')}`,
  urlhaus_csv: `# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n${urls.map(csvRow).join('\r\n')}\r\n`,
  majestic_csv: `GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs\n${names.map((name, i) => `${i + 1},${i + 1},${name},example,9,9\n`).join('')}`,
} as const;
type Measured = keyof typeof ONE;

const linesOf = (text: string): number => text.split('\n').length - 1;

function ours(format: Measured, body: Buffer, options: FormatOptions = {}): number {
  let entries = 0;
  const parser = new BodyParser(
    format,
    () => {
      entries++;
    },
    options,
  );
  for (let i = 0; i < body.length; i += 64 * 1024) parser.push(body.subarray(i, i + 64 * 1024));
  parser.end();
  return entries;
}

const eachLine = (text: string, holds: (line: string) => boolean): number => text.split('\n').filter(holds).length;
/** A peer's name, and what it makes of a body; `once`: of one copy of the list. */
const PEERS: Readonly<Record<Measured, { readonly name: string; readonly once?: boolean; readonly work: (body: Buffer) => number }>> = {
  hosts: { name: 'hosts-parser', work: (body) => new Hosts(body.toString('utf8')).toJSON().length },
  plain: { name: 'is-valid-domain', work: (body) => eachLine(body.toString('utf8'), (line) => isValidDomain(line)) },
  adblock: { name: '@ghostery/adblocker', once: true, work: (body) => parseFilters(body.toString('utf8')).networkFilters.length },
  rpz: { name: 'dns-zonefile', once: true, work: (body) => zonefile.parse(body.toString('utf8')).cname?.length ?? 0 },
  urlhaus_csv: { name: 'csv-parse', work: (body) => csvParse(body, { comment: '#', relax_column_count: true }).length },
  majestic_csv: { name: 'csv-parse', work: (body) => csvParse(body).length },
};

function rate(lines: number, work: () => number): { perSecond: number; found: number } {
  let found = work();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const began = process.cpuUsage();
    found = work();
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, user + system);
  }
  return { perSecond: Math.round((lines / best) * 1_000_000), found };
}

let short = false;
function report(format: Measured, what: string, options: FormatOptions, met: (perSecond: number, timesThePeer: number) => boolean): void {
  const one = ONE[format];
  const times = Math.max(1, Math.ceil(wanted / linesOf(one)));
  const body = Buffer.from(one.repeat(times));
  const lines = linesOf(one) * times;
  const we = rate(lines, () => ours(format, body, options));
  const peer = PEERS[format];
  const theirs = peer.once ? rate(linesOf(one), () => peer.work(Buffer.from(one))) : rate(lines, () => peer.work(body));
  const timesThePeer = Number((we.perSecond / theirs.perSecond).toFixed(2));
  const reached = met(we.perSecond, timesThePeer);
  if (!reached) short = true;
  console.log(
    JSON.stringify({
      list: what,
      lines,
      perSecond: we.perSecond,
      entries: we.found,
      peer: peer.name,
      peerPerSecond: theirs.perSecond,
      peerFound: theirs.found,
      timesThePeer,
      reached,
    }),
  );
}

const list = real ? 'real' : 'generated';
for (const format of ['hosts', 'plain', 'adblock', 'rpz'] as const) report(format, `${list} ${format}`, {}, (perSecond) => perSecond >= GOAL);
report('urlhaus_csv', `urlhaus_csv of ${list} URLs`, {}, (_perSecond, times) => times >= GOAL_OF_CSV_PARSE);
report('majestic_csv', 'generated majestic_csv', {}, (_perSecond, times) => times >= GOAL_OF_CSV_PARSE);
report('majestic_csv', 'generated majestic_csv, the top 10,000', { top: 10_000 }, (perSecond) => perSecond >= GOAL);
if (short) process.exitCode = 1;
