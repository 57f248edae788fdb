import type { ListSource } from '../../contracts/index.js';
import type { SnapshotEntry } from '../../lambdas/ingest/snapshot/snapshot.js';
import { categoryOf, enrich, normaliseTags } from './enrich.js';

/** The `harmful_domains` record of a snapshot's entry; the contract describes the fields. */
export function recordOf(source: ListSource, entry: SnapshotEntry): Record<string, unknown> {
  const { type, name, scope, action, event, sequence, line, details } = entry;
  return {
    source: source.name,
    entry_type: type,
    name,
    scope,
    action,
    event,
    sequence,
    category: categoryOf(source.category, details.tags),
    reliability: source.reliability,
    origin: originOf(source),
    observed_at: new Date(entry.observedAt).toISOString(),
    line,
    options: details.options ?? null,
    listed_at: details.listedAt ?? null,
    tags: normaliseTags(details.tags),
    reason: details.reason ?? null,
    valid_until: details.validUntil ?? null,
    ...enrich(type, name),
  };
}

/** Whose findings a source lists. */
export const originOf = (source: ListSource): string => (source.kind === 'http' ? (source.origin ?? source.name) : source.name);
