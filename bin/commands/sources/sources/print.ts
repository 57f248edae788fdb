import type { Probe } from '../../../../lambdas/ingest/probe.js';
import { bytes, printRows } from '../../../output.js';
import type { SourceRow } from './rows.js';

const every = (minutes: number): string => (minutes % 1440 === 0 ? `${minutes / 1440} d` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`);

export function printTable(sources: readonly SourceRow[]): void {
  printRows(
    ['source', 'on', 'category', 'format', 'every', 'reliability', 'licence', 'evidence', 'last check', 'outcome', 'entries'],
    sources.map((each) => [
      each.name,
      each.on ? 'yes' : `no${each.offByDefault === null ? '' : `: ${each.offByDefault}`}`,
      each.category ?? '',
      each.format,
      every(each.everyMinutes),
      String(each.reliability),
      each.licence,
      each.evidence.map(({ on, at }) => `${on} ${new URL(at).host}`)[0] ?? '',
      each.lastCheck ?? '',
      each.outcome ?? '',
      each.entries === null ? '' : String(each.entries),
    ]),
  );
}

export function printOne(source: SourceRow): void {
  const { evidence, ...rest } = source;
  const cells = Object.entries(rest).map(([what, value]) => [what, String(value ?? '')]);
  printRows(['of the source', source.name], [...cells, ...evidence.map(({ on, at, says }) => [`evidence of ${on}`, `${says} (${at})`])]);
}

export function printProbes(probes: readonly Probe[]): void {
  printRows(
    ['source', 'outcome', 'status', 'redirects', 'size', 'format', 'rows', 'what differs'],
    probes.map((each) => [
      each.source,
      each.outcome,
      each.status === null ? '' : String(each.status),
      each.redirects.map(({ status, to }) => `${status} ${to}`).join(', '),
      each.bytes === null ? '' : bytes(each.bytes),
      each.detected ?? '',
      each.read === null ? '' : String(each.read),
      [...(each.reason === null ? [] : [each.reason]), ...each.differs].join('; '),
    ]),
  );
}
