import { parse } from 'csv-parse/sync';
import type { Collector, Details, Format, FormatOptions } from './parsed.js';

const ENTRY_COUNT = /^#\s*Number of entries:\s*(\d{1,12})\s*$/i;

/** Reads one line of abuse.ch's CSV: quoted fields, a space after the comma. Null where it is none. */
function fields(text: string): string[] | null {
  try {
    const [row] = parse(text, { ltrim: true, rtrim: true, relax_column_count: true });
    return row ?? null;
  } catch {
    return null;
  }
}

/** `2026-01-31 12:00:05` or `2026-01-31T12:00:05+00:00`, UTC, as ISO 8601; undefined for anything else. */
function instant(text: string | undefined): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d{3})?(?: UTC|Z|\+00:00)?$/.exec(text ?? '');
  if (!match) return undefined;
  const time = Date.parse(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

const words = (...texts: (string | undefined)[]): string[] => [
  ...new Set(
    texts
      .flatMap((text) => (text ?? '').split(','))
      .map((word) => word.trim())
      .filter((word) => word !== '' && word !== 'None'),
  ),
];

function details(listedAt: string | undefined, tags: readonly string[]): Details {
  return { ...(listedAt === undefined ? {} : { listedAt }), ...(tags.length === 0 ? {} : { tags }) };
}

type Row = (row: readonly string[], number: number, text: string, out: Collector, options: FormatOptions) => void;

/** CSV whose comments, header among them, begin with `#`; `least` columns a row at least. */
const csv =
  (least: number, header: RegExp, take: Row): Format =>
  (out, options) => ({
    line(text, number, truncated) {
      const content = text.trim();
      const claimed = ENTRY_COUNT.exec(content)?.[1];
      if (claimed !== undefined) out.claimedEntries = Number(claimed);
      if (content === '' || content.startsWith('#')) return out.comment();
      if (header.test(content)) return out.boilerplate();
      if (truncated) return out.rejectRow(number, 'line too long', content);
      const row = fields(content);
      if (row === null) return out.rejectRow(number, 'row that is not CSV', content);
      if (row.length < least) return out.rejectRow(number, `row of ${row.length} columns, not ${least}`, content);
      take(row, number, content, out, options);
    },
  });

/** URLhaus (https://urlhaus.abuse.ch/api/): id, dateadded, url, url_status, last_online, threat, tags, urlhaus_link, reporter. */
export const urlhausCsv: Format = csv(7, /^"?id"?,\s*"?dateadded/i, ([, added, url = '', , , threat, tags], number, _text, out) => {
  out.row();
  out.url(url, number, details(instant(added), words(threat, tags)));
});

/**
 * ThreatFox (https://threatfox.abuse.ch/export/): first_seen_utc, ioc_id, ioc_value, ioc_type, threat_type, fk_malware,
 * malware_alias, malware_printable, last_seen_utc, confidence_level, reference, tags, anonymous, reporter.
 */
export const threatfoxCsv: Format = csv(5, /^"?first_seen/i, (row, number, text, out) => {
  out.row();
  const [seen, , value = '', kind = '', threat, , , malware, , , , tags] = row;
  const said = details(instant(seen), words(threat, malware, tags));
  switch (kind) {
    case 'domain':
      return out.name(value, 'exact', number, said);
    case 'url':
      return out.url(value, number, said);
    case 'ip:port': {
      const address = /^\[?([0-9a-f.:]+?)\]?:\d{1,5}$/i.exec(value)?.[1];
      return address === undefined ? out.reject(number, 'not an address and a port', value) : out.name(address, 'exact', number, said);
    }
    default:
      return out.reject(number, `indicator of type ${kind || '(none)'}`, text);
  }
});

/**
 * PhishTank (https://phishtank.org/developer_info.php): phish_id, url, phish_detail_url, submission_time, verified,
 * verification_time, online, target.
 */
export const phishtankCsv: Format = csv(8, /^"?phish_id"?,/i, ([, url = '', , submitted, , , , target], number, _text, out) => {
  out.row();
  out.url(url, number, details(instant(submitted), target === 'Other' ? [] : words(target)));
});

/** Majestic's million, ranked (https://majestic.com/reports/majestic-million): GlobalRank, TldRank, Domain, TLD and counts. */
export const majesticCsv: Format = csv(3, /^"?GlobalRank"?,/i, ([rank, , domain = ''], number, _text, out, { top }) => {
  if (top !== undefined && Number(rank) > top) return out.ignoreRow();
  out.row();
  out.name(domain, 'exact', number);
});

/** Sluice's own export (docs/lists.md): entry_type, name, scope, confidence, categories, sources, first_seen, last_changed_at. */
export const sluiceCsv: Format = csv(8, /^"?entry_type"?,/i, ([type, name = '', scope, , categories, , first], number, text, out) => {
  out.row();
  const said = details(
    instant(first),
    (categories ?? '').split(';').filter((word) => word !== ''),
  );
  if (type === 'url') return out.url(name, number, said);
  if ((type !== 'domain' && type !== 'ip') || (scope !== 'exact' && scope !== 'subtree')) return out.reject(number, 'neither domain, ip nor url, exact or subtree', text);
  out.name(name, scope, number, said);
});
