/** Counts what a source says now in Gold. */
export const currentOf = (source: string) =>
  `SELECT count(*) FROM gold.harmful_domains CROSS JOIN UNNEST(sources) AS s(source, action, scope, category, origin, reliability, first_seen, changed_at, sequence, current, line, listed_at, tags, reason, valid_until) WHERE s.source = '${source}' AND s.current`;

/** SQL: how many names Silver tells of that Gold does not hold yet. */
export const NAMES_BEHIND =
  "SELECT (SELECT count(*) FROM (SELECT DISTINCT entry_type, name FROM silver.harmful_domains WHERE source <> '_canary')) - (SELECT count(*) FROM gold.harmful_domains)";
