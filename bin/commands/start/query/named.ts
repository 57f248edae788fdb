import { datasets } from '../../../../datasets/index.js';
import { CliError, EXIT } from '../../../output.js';

/** SQL by its name in the contracts, else the text itself. */
export function namedQuery(nameOrSql: string): string {
  const named = datasets.flatMap((dataset) => dataset.queries).find(({ name }) => name === nameOrSql);
  if (named) return named.sql;
  if (/^[a-z][a-z0-9_]*$/.test(nameOrSql)) {
    const known = datasets.flatMap((dataset) => dataset.queries.map(({ name }) => name));
    throw new CliError(`no query is named "${nameOrSql}"; known: ${known.join(', ')}; or give SQL: ./sluice query "SELECT ..."`, EXIT.misuse);
  }
  return nameOrSql;
}
