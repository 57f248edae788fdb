/**
 * bench/parse: lines a second and core, parsed, classified and normalised (validity, public suffixes, addresses).
 *
 *   node --import tsx bench/parse.ts [--lines 1000000]
 *
 * Beside each, a public peer from npm on the same bytes: `hosts-parser` for a hosts file (it splits, and checks nothing),
 * `is-valid-domain` on each line of a plain list. Goal: 1,000,000 lines a second. Best of five, after one to warm up.
 */
import { parseArgs } from 'node:util';
import { Hosts } from 'hosts-parser';
import isValidDomain from 'is-valid-domain';
import { BodyParser } from '../lambdas/shared/formats/index.js';
import { generateHosts } from '../localstack/feeds/generate.js';

const { values } = parseArgs({ options: { lines: { type: 'string', default: '1000000' } } });
const wanted = Number(values.lines);
const GOAL = 1_000_000;

const hosts = generateHosts({ seed: 1, domains: wanted, ips: Math.round(wanted / 1000) });
const plain = hosts
  .split('\n')
  .flatMap((line) => (line.startsWith('0.0.0.0') ? [line.split(/\s+/)[1]] : []))
  .join('\n');

function ours(format: 'hosts' | 'plain', body: Buffer): number {
  let entries = 0;
  const parser = new BodyParser(format, () => {
    entries++;
  });
  for (let i = 0; i < body.length; i += 64 * 1024) parser.push(body.subarray(i, i + 64 * 1024));
  parser.end();
  return entries;
}

const PEERS = {
  hosts: (body: Buffer) => new Hosts(body.toString('utf8')).toJSON().length,
  plain: (body: Buffer) =>
    body
      .toString('utf8')
      .split('\n')
      .filter((line) => isValidDomain(line)).length,
} as const;

function rate(lines: number, work: () => number): { perSecond: number; found: number } {
  let found = work();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    found = work();
    best = Math.min(best, performance.now() - began);
  }
  return { perSecond: Math.round((lines / best) * 1000), found };
}

for (const [format, text] of [
  ['hosts', hosts],
  ['plain', plain],
] as const) {
  const body = Buffer.from(text);
  const lines = text.split('\n').length;
  const we = rate(lines, () => ours(format, body));
  const peer = rate(lines, () => PEERS[format](body));
  console.log(
    JSON.stringify({
      format,
      lines,
      perSecond: we.perSecond,
      entries: we.found,
      ofGoal: Number((we.perSecond / GOAL).toFixed(2)),
      peerPerSecond: peer.perSecond,
      timesThePeer: Number((we.perSecond / peer.perSecond).toFixed(2)),
    }),
  );
}
