import type { ReadingContext } from '../../contracts/reading.js';
import { harmfulDomains } from './contract.js';
import { hostOfUrl, partsOf } from './entries.js';
import type { FormatName } from './formats/format-names.js';
import { type HostKnowledge, isRegistrable } from './host-evidence.js';

const URL_FORMATS: ReadonlySet<string> = new Set<FormatName>(['urls', 'urlhaus_csv', 'threatfox_csv', 'phishtank_csv']);

/** Whether rows of the format are URLs, of which some may be on hosts that many share. */
export const hasUrls = (format: string): boolean => URL_FORMATS.has(format);

/** Names kept of each kind; of more, those that sort first. */
const MAX_NAMES = 100_000;

const POPULARITY = harmfulDomains.sources.flatMap((source) => (source.kind === 'list' && source.role === 'popular' ? [source.name] : []));

/**
 * What is known of hosts before a body is read: the hosts whose URLs the last snapshot has, delisted ones of the last
 * days among them, and the registrable domains of the popularity lists' last good snapshots.
 *
 * @param from the popularity lists; @default those of the contract
 */
export async function hostKnowledge({ source, kept }: Pick<ReadingContext, 'source' | 'kept'>, from: readonly string[] = POPULARITY): Promise<HostKnowledge> {
  const before = new Set<string>();
  for await (const { key } of (await kept(source.name)) ?? []) {
    const { type, name } = partsOf(key);
    const host = type === 'url' && before.size < MAX_NAMES ? hostOfUrl(name) : undefined;
    if (host !== undefined) before.add(host);
  }
  const popular = new Set<string>();
  for (const list of from) {
    for await (const { key, event } of (await kept(list)) ?? []) {
      const { type, name } = partsOf(key);
      if (type === 'domain' && event !== 'gone' && popular.size < MAX_NAMES && isRegistrable(name)) popular.add(name);
    }
  }
  return { popular, before };
}
