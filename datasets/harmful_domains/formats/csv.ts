import { type Columns, type CsvLayout, type CsvShape, documentedLayout, headerWords, isHeader, layoutOf } from './csv-columns.js';
import { type CsvLine, CsvRows } from './csv-rows.js';
import type { Collector, Details, Format, FormatOptions } from './parsed.js';

const ENTRY_COUNT = /^#\s*Number of entries:\s*(\d{1,12})\s*$/i;
const MAX_HEADER = 4_096;

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
  return { ...(listedAt === undefined ? {} : { listed_at: listedAt }), ...(tags.length === 0 ? {} : { tags }) };
}

interface RowOf<Name extends string> {
  readonly fields: readonly string[];
  readonly at: Columns<Name>;
  /** Its first line. */
  readonly line: CsvLine;
}

/** Tells `out` what a row is. True: the list is ranked, and nothing below is wanted. */
type Take<Name extends string> = (row: RowOf<Name>, out: Collector, options: FormatOptions) => boolean | undefined;

/**
 * CSV read by the names of its header: a row, or a comment before the rows (abuse.ch's begin with `#`). Where no header
 * is, columns stand as documented. A header without a needed column refuses the body.
 */
const csv =
  <Name extends string>(shape: CsvShape<Name>, take: Take<Name>): Format =>
  (out, options) => {
    let layout: CsvLayout<Name> | null = null;
    let asDocumented: { readonly width: number; readonly layout: CsvLayout<Name> } | null = null;
    const documented = (width: number): CsvLayout<Name> => {
      if (asDocumented?.width !== width) asDocumented = { width, layout: documentedLayout(shape, width) };
      return asDocumented.layout;
    };
    let unreadable: string | null = null;
    let started = false;
    let beyond = false;
    const readHeader = (words: readonly string[], number: number): void => {
      const found = layoutOf(shape, words);
      unreadable = typeof found === 'string' ? `its header (line ${number}) ${found}` : null;
      layout = typeof found === 'string' ? null : found;
      if (unreadable !== null) out.refusal ??= `${unreadable}: has the list changed its columns?`;
    };
    const comment = (content: string, number: number): void => {
      const claimed = ENTRY_COUNT.exec(content)?.[1];
      if (claimed !== undefined) out.claimedEntries = Number(claimed);
      if (content.length <= MAX_HEADER && content.includes(',')) {
        const words = headerWords(content.replace(/^[#\s]+/, ''));
        if (isHeader(shape, words)) readHeader(words, number);
      }
      out.comment();
    };
    const known = new Set(shape.layouts.flat());
    const rows = new CsvRows({
      other({ text, number }) {
        const content = text.trim();
        if (content !== '' && !content.startsWith('#')) return false;
        comment(content, number);
        return true;
      },
      row(fields, line, lines) {
        for (let i = 1; i < lines; i++) out.boilerplate();
        // A header is the first row; lists put together may repeat it.
        if (!started || known.has((fields[0] ?? '').toLowerCase())) {
          started = true;
          const words = fields.map((field) => field.toLowerCase());
          if (isHeader(shape, words)) {
            readHeader(words, line.number);
            return out.boilerplate();
          }
        }
        const { at, least } = layout !== null && fields.length <= (layout.beginsWith ?? fields.length) ? layout : documented(fields.length);
        if (unreadable !== null) out.rejectRow(line.number, unreadable, line.text.trim());
        else if (fields.length < least) out.rejectRow(line.number, `row of ${fields.length} columns, not ${least}`, line.text.trim());
        else beyond = take({ fields, at, line }, out, options) === true;
      },
      broken: ({ text, number, truncated }) => out.rejectRow(number, truncated ? 'line too long' : 'row that is not CSV', text.trim()),
    });
    return {
      line(text, number, truncated) {
        if (!beyond) return rows.line({ text, number, truncated });
        const content = text.trim();
        if (content === '' || content.startsWith('#')) comment(content, number);
        else out.ignoreRow();
      },
      end: () => rows.end(),
    };
  };

/** URLhaus (https://urlhaus.abuse.ch/api/). */
export const urlhausCsv: Format = csv(
  {
    layouts: [['id', 'dateadded', 'url', 'url_status', 'last_online', 'threat', 'tags', 'urlhaus_link', 'reporter']],
    reads: ['dateadded', 'url', 'threat', 'tags'],
    extras: ['reporter'],
    needs: ['url'],
    least: 7,
  },
  ({ fields, at, line }, out) => {
    out.row();
    out.url(fields[at.url] ?? '', line.number, details(instant(fields[at.dateadded]), words(fields[at.threat], fields[at.tags])), fields[at.reporter]);
    return false;
  },
);

const THREATFOX_UNTIL_2025 =
  'first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable,last_seen_utc,confidence_level,reference,tags,anonymous,reporter'.split(',');
/** Exports of 2026 have a column more, in their middle. */
const THREATFOX = THREATFOX_UNTIL_2025.flatMap((name) => (name === 'reference' ? ['is_compromised', name] : [name]));

/** ThreatFox (https://threatfox.abuse.ch/export/). */
export const threatfoxCsv: Format = csv(
  {
    layouts: [THREATFOX, THREATFOX_UNTIL_2025],
    reads: ['first_seen_utc', 'ioc_value', 'ioc_type', 'threat_type', 'malware_printable', 'tags'],
    extras: ['reporter'],
    needs: ['ioc_value', 'ioc_type'],
    least: 5,
  },
  ({ fields, at, line: { number, text } }, out) => {
    out.row();
    const value = fields[at.ioc_value] ?? '';
    const kind = fields[at.ioc_type] ?? '';
    const said = details(instant(fields[at.first_seen_utc]), words(fields[at.threat_type], fields[at.malware_printable], fields[at.tags]));
    if (kind === 'domain') out.name(value, 'exact', number, said);
    else if (kind === 'url') out.url(value, number, said, fields[at.reporter]);
    else if (kind === 'ip:port') {
      const address = /^\[?([0-9a-f.:]+?)\]?:\d{1,5}$/i.exec(value)?.[1];
      if (address === undefined) out.reject(number, 'not an address and a port', value);
      else out.name(address, 'exact', number, said);
    } else out.reject(number, `indicator of type ${kind || '(none)'}`, text);
    return false;
  },
);

/** PhishTank (https://phishtank.org/developer_info.php). */
export const phishtankCsv: Format = csv(
  {
    layouts: [['phish_id', 'url', 'phish_detail_url', 'submission_time', 'verified', 'verification_time', 'online', 'target']],
    reads: ['url', 'submission_time', 'target'],
    needs: ['url'],
    least: 8,
  },
  ({ fields, at, line }, out) => {
    const target = fields[at.target];
    out.row();
    out.url(fields[at.url] ?? '', line.number, details(instant(fields[at.submission_time]), target === 'Other' ? [] : words(target)));
    return false;
  },
);

/** Majestic's million (https://majestic.com/reports/majestic-million), in the order of its ranks: the first row beyond the contract's `top` ends it. */
export const majesticCsv: Format = csv(
  {
    layouts: ['globalrank,tldrank,domain,tld,refsubnets,refips,idn_domain,idn_tld,prevglobalrank,prevtldrank,prevrefsubnets,prevrefips'.split(',')],
    reads: ['globalrank', 'domain'],
    needs: ['globalrank', 'domain'],
    least: 3,
  },
  ({ fields, at, line }, out, { top }) => {
    const rank = fields[at.globalrank] ?? '';
    if (!/^\d+$/.test(rank)) out.rejectRow(line.number, 'rank that is no number', line.text);
    else if (top !== undefined && Number(rank) > top) {
      out.ignoreRow();
      return true;
    } else {
      out.row();
      out.name(fields[at.domain] ?? '', 'exact', line.number);
    }
    return false;
  },
);

/** Sluice's own export (docs/lists.md). */
export const sluiceCsv: Format = csv(
  {
    layouts: [['entry_type', 'name', 'scope', 'confidence', 'categories', 'sources', 'first_seen', 'last_changed_at', 'action']],
    reads: ['entry_type', 'name', 'scope', 'categories', 'first_seen', 'action'],
    needs: ['entry_type', 'name', 'scope'],
    least: 8,
  },
  ({ fields, at, line: { number, text } }, out) => {
    out.row();
    const [type, name = '', scope] = [fields[at.entry_type], fields[at.name], fields[at.scope]];
    // An export of before has no such column: all its rows are blocks.
    const action = fields[at.action] ?? '';
    if (action !== '' && action !== 'block' && action !== 'allow') {
      out.reject(number, 'neither block nor allow', text);
      return false;
    }
    const read = details(
      instant(fields[at.first_seen]),
      (fields[at.categories] ?? '').split(';').filter((word) => word !== ''),
    );
    const said: Details = action === 'allow' ? { ...read, action } : read;
    if (type === 'url') out.urlItself(name, number, said);
    else if ((type !== 'domain' && type !== 'ip') || (scope !== 'exact' && scope !== 'subtree'))
      out.reject(number, 'neither domain, ip nor url, exact or subtree', text, said.action);
    else out.name(name, scope, number, said);
    return false;
  },
);
