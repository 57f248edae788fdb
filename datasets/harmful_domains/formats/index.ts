import { LineSplitter } from '../../shared/lines.js';
import { adblock } from './adblock.js';
import { allowDenyJson } from './allow-deny.js';
import { bind } from './bind.js';
import { majesticCsv, phishtankCsv, sluiceCsv, threatfoxCsv, urlhausCsv } from './csv.js';
import { dnsmasq } from './dnsmasq.js';
import type { FormatName } from './format-names.js';
import { hosts } from './hosts.js';
import { plain, wildcard } from './names.js';
import { Collector, type EmitEntry, type Format, type FormatOptions, type ParseReport } from './parsed.js';
import { rankedCsv } from './ranked.js';
import { rpz } from './rpz.js';
import { unbound } from './unbound.js';
import { urls } from './urls.js';

/** The parser of each format that a contract can name. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  hosts,
  plain,
  adblock,
  wildcard,
  rpz,
  bind,
  dnsmasq,
  unbound,
  urls,
  urlhaus_csv: urlhausCsv,
  threatfox_csv: threatfoxCsv,
  phishtank_csv: phishtankCsv,
  majestic_csv: majesticCsv,
  ranked_csv: rankedCsv,
  sluice_csv: sluiceCsv,
  allow_deny_json: allowDenyJson,
};

/** A body being parsed: bytes in by {@link push}, entries out through `emit`, the report from {@link end}. */
export class BodyParser {
  private readonly out: Collector;
  private readonly parser: ReturnType<Format>;
  private readonly splitter: LineSplitter;

  constructor(format: FormatName, emit: EmitEntry, options: FormatOptions = {}) {
    this.out = new Collector(emit, options);
    const parser = FORMATS[format](this.out, options);
    this.parser = parser;
    this.splitter = new LineSplitter((text, number, truncated) => parser.line(text, number, truncated));
  }

  push(bytes: Uint8Array): void {
    this.splitter.push(bytes);
  }

  end(): ParseReport {
    this.splitter.end();
    this.parser.end?.();
    return this.out;
  }
}

/** Parses a stream of bytes. Never throws on content. */
export async function parseBody(format: FormatName, bytes: AsyncIterable<Uint8Array>, emit: EmitEntry, options: FormatOptions = {}): Promise<ParseReport> {
  const parser = new BodyParser(format, emit, options);
  for await (const chunk of bytes) parser.push(chunk);
  return parser.end();
}
