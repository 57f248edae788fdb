import type { Dataset, ListSource } from '../../contracts/index.js';
import type { SnapshotEntry } from '../../lambdas/ingest/snapshot/snapshot.js';
import type { SnapshotRef, SourceStateStore } from '../../lambdas/ingest/state/state.js';
import { hostOfUrl } from './entries.js';
import { type HostKnowledge, isRegistrable } from './host-evidence.js';

const URL_FORMATS: ReadonlySet<ListSource['format']> = new Set(['urls', 'urlhaus_csv', 'threatfox_csv', 'phishtank_csv']);

/** Whether rows of the format are URLs, of which some may be on hosts that many share. */
export const hasUrls = (format: ListSource['format']): boolean => URL_FORMATS.has(format);

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
