import { httpSources } from '../../../../datasets/index.js';
import { commaList } from '../../../../lib/environment.js';
import { CliError, EXIT } from '../../../output.js';
import type { Manifest } from './manifest.js';

export interface ExportChoice {
  readonly licences?: string;
  readonly tier?: string;
  readonly format?: string;
}

/** As glue-jobs/datasets/harmful_domains/lists has them; a test compares. */
export const TIERS = ['light', 'normal', 'strict'] as const;
export const EXPORT_FORMATS = ['hosts', 'plain', 'adblock', 'wildcard', 'dnsmasq', 'unbound', 'rpz', 'csv', 'stix'] as const;

/** The licences that are asked for; null where all are. @throws CliError before anything is run */
export function validateChoice({ tier, format, licences }: ExportChoice): string[] | null {
  if (tier !== undefined && !(TIERS as readonly string[]).includes(tier)) throw new CliError(`unknown tier "${tier}"; known: ${TIERS.join(', ')}`, EXIT.misuse);
  if (format !== undefined && !(EXPORT_FORMATS as readonly string[]).includes(format))
    throw new CliError(`unknown format "${format}"; known: ${EXPORT_FORMATS.join(', ')}`, EXIT.misuse);
  if (licences === undefined) return null;
  const known = [...new Set(httpSources().flatMap(({ source }) => (source.kind === 'list' && source.role === 'block' ? [source.licence] : [])))].sort();
  const wanted = commaList(licences);
  const unknown = wanted.filter((licence) => !known.includes(licence));
  if (wanted.length === 0 || unknown.length > 0) throw new CliError(`no source is under ${unknown.join(', ') || 'no licence'}; known: ${known.join(' | ')}`, EXIT.misuse);
  return wanted;
}

/** The files of a manifest that are asked for. */
export function chosen(manifest: Manifest, { tier, format }: ExportChoice) {
  return Object.entries(manifest.tiers)
    .filter(([name]) => tier === undefined || name === tier)
    .flatMap(([name, each]) =>
      Object.entries(each.files)
        .filter(([key]) => format === undefined || key === format)
        .map(([key, file]) => ({ tier: name, format: key, ...file })),
    );
}
