import type { Reader, Reading, ReadingContext, Row } from '../../contracts/reading.js';
import type { RecordOf } from '../../contracts/record.js';
import { MAX_REJECT_SAMPLES } from '../shared/samples.js';
import { SortedRows } from '../shared/sorted-rows.js';
import type { harmfulDomains } from './contract.js';
import { ENTRY_TYPES, type Entry } from './entries.js';
import { detectFormat } from './formats/detect.js';
import { isFormat, LIST_FORMATS } from './formats/format-names.js';
import { parseBody } from './formats/index.js';
import type { EmitEntry, FormatOptions, ParseReport } from './formats/parsed.js';
import { HostEvidence } from './host-evidence.js';
import { hasUrls, hostKnowledge } from './host-knowledge.js';
import { editList } from './operator.js';
import { former, type NameSource, recordOf, restated } from './record.js';
import { ListRules } from './resolve.js';
import { nothingTold } from './rows-of-name.js';

/** Reads lists of names: each by its format's rules, then what its rows mean together. */
export const reader: Reader<RecordOf<typeof harmfulDomains>, NameSource> = {
  formats: LIST_FORMATS,
  read,
  detect: detectFormat,
  record: recordOf,
  edit: editList,
  former,
  restated,
};

async function read(body: () => AsyncIterable<Uint8Array>, context: ReadingContext<NameSource>): Promise<Reading> {
  const { source, folder } = context;
  const { format, role } = source;
  if (!isFormat(format)) throw new Error(`source ${source.name}: no format ${format}; there are ${LIST_FORMATS.join(', ')}`);
  const rules = new ListRules(format, new SortedRows(folder));
  const top = source.kind === 'list' && source.top !== undefined ? { top: source.top } : {};
  const shared = hasUrls(format) ? await sharedHosts(body(), context) : {};
  const emit: EmitEntry = (entry, line, { action = 'block', ...details }) => rules.add(entry, line, role === 'popular' ? 'popular' : action, details);
  return readingOf(await parseBody(format, body(), emit, { ...top, ...shared }), rules);
}

/** Reads the body once for which of its hosts are shared by many: the count of a host's URLs is known at its end only. */
async function sharedHosts(body: AsyncIterable<Uint8Array>, context: ReadingContext<NameSource>): Promise<FormatOptions> {
  const { format } = context.source;
  if (!isFormat(format)) return {};
  const evidence = new HostEvidence(await hostKnowledge(context));
  await parseBody(format, body, () => undefined, { watch: (url, reporter) => evidence.see(url, reporter) });
  return { isShared: (host) => evidence.isShared(host) };
}

/** The first part of a key, told by its beginning: each name of a list is asked for it. */
const typeOf = (key: string): Entry['type'] => ENTRY_TYPES.find((type) => key.startsWith(type)) ?? 'domain';

/** The rows of a list as its rules leave them, counted as they pass. */
function readingOf(report: ParseReport, rules: ListRules): Reading {
  const { counts, claimedEntries } = report;
  const blocked = { domain: 0, ip: 0, url: 0 };
  const made = nothingTold();
  let [allowed, read] = [0, 0];
  function* rows(): Generator<Row> {
    for (const row of rules.entries(report, made)) {
      read++;
      if (row.key.endsWith('\tallow')) allowed++;
      else blocked[typeOf(row.key)]++;
      yield row;
    }
  }
  return {
    rows,
    told: () => {
      const rejected = counts.rejects + made.rejects;
      const all = counts.accepted + made.made - made.rejects + counts.ignored + rejected;
      return {
        read,
        rejected,
        ignored: counts.ignored,
        rows: all,
        samples: [...report.rejectSamples, ...made.rejectSamples].slice(0, MAX_REJECT_SAMPLES),
        counts: {
          lines: counts.lines,
          comments: counts.comments,
          boilerplate: counts.boilerplate,
          entries: read - allowed,
          domains: blocked.domain,
          ips: blocked.ip,
          urls: blocked.url,
          allowed,
          narrowed: counts.narrowed,
          unknown_top_levels: counts.unknownTopLevel,
          duplicates: counts.accepted + made.made - read - made.cancelled - made.rejects,
          cancelled: made.cancelled,
          exceptions_refused: counts.exceptionsRefused,
        },
        unreadable: report.refusal ?? rules.refusal(report),
        doubt: claimedEntries === null || claimedEntries === all ? null : `its last line claims ${claimedEntries} entries, it holds ${all}: the body was cut or changed`,
      };
    },
  };
}
