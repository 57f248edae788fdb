import type { Dataset, ListSource } from '../../contracts/index.js';
import { hostOfUrl } from '../shared/entries.js';
import { parseBody } from '../shared/formats/index.js';
import type { FormatOptions } from '../shared/formats/parsed.js';
import { HostEvidence, type HostKnowledge, isRegistrable } from '../shared/host-evidence.js';
import type { SnapshotEntry } from '../shared/snapshot.js';
import type { SnapshotRef, SourceStateStore } from './state.js';

const URL_FORMATS: ReadonlySet<ListSource['format']> = new Set(['urls', 'urlhaus_csv', 'threatfox_csv', 'phishtank_csv']);

/** What is known where nothing was ingested yet. */
export const NO_HOST_KNOWLEDGE: HostKnowledge = { popular: new Set(), before: new Set() };

/** Names kept of each kind; of more, those that sort first. */
const MAX_NAMES = 100_000;

/**
 * What is known of hosts before a body is read: the hosts whose URLs the last snapshot has, delisted ones of the last
 * days among them, and the registrable domains of the popularity lists' last good snapshots.
 *
 * @param read the entries of a stored snapshot
 */
export async function hostKnowledge(
  dataset: Dataset,
  current: SnapshotRef | null,
  state: Pick<SourceStateStore, 'current'>,
  read: (key: string) => AsyncIterable<SnapshotEntry>,
): Promise<HostKnowledge> {
  const before = new Set<string>();
  if (current !== null) {
    for await (const { type, name } of read(current.key)) {
      const host = type === 'url' && before.size < MAX_NAMES ? hostOfUrl(name) : undefined;
      if (host !== undefined) before.add(host);
    }
  }
  const popular = new Set<string>();
  for (const source of dataset.sources) {
    const ref = source.kind === 'http' && source.role === 'popular' ? await state.current(source.name) : null;
    if (ref === null) continue;
    for await (const { type, name, event } of read(ref.key)) if (type === 'domain' && event === 'listed' && popular.size < MAX_NAMES && isRegistrable(name)) popular.add(name);
  }
  return { popular, before };
}

/**
 * What the parser of a format has to be told of shared hosts; nothing where its rows are no URLs. Reads the body once for it, as the
 * count of a host's URLs is known at its end only.
 */
export async function sharedHosts(format: ListSource['format'], body: () => AsyncIterable<Uint8Array>, known: () => Promise<HostKnowledge>): Promise<FormatOptions> {
  if (!URL_FORMATS.has(format)) return {};
  const evidence = new HostEvidence(await known());
  await parseBody(format, body(), () => undefined, { watch: (url, reporter) => evidence.see(url, reporter) });
  return { isShared: (host) => evidence.isShared(host) };
}
