/** Counts what a source says now in Gold. */
export const currentOf = (source: string) =>
  `SELECT count(*) FROM gold.harmful_domains CROSS JOIN UNNEST(sources) AS s(source, action, scope, category, origin, reliability, first_seen, changed_at, sequence, current, line, listed_at, tags, reason, valid_until) WHERE s.source = '${source}' AND s.current`;
