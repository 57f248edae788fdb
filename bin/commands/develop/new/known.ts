import { datasets, lakeTables } from '../../../../datasets/index.js';
import { fullName } from '../../../lake/tables.js';
import { CliError, EXIT } from '../../../output.js';
import type { Parent, Taken } from './names.js';

/** Names that a new dataset cannot have: of datasets, of their sources, of tables. */
export const takenNames = (): Taken =>
  new Map([
    ...datasets.flatMap(({ sources }) => sources.map(({ name }) => [name, 'a source has it'] as const)),
    ...lakeTables().map((table) => [table.name, `table ${fullName(table)} has it`] as const),
    ...datasets.map(({ name }) => [name, 'a dataset has it'] as const),
  ]);

/** The kind whose rows are made of another dataset's. */
const DERIVED = 'derived';

/**
 * Where the rows of a derived dataset come from, with the first of its texts that is not its source: a template needs one.
 *
 * @returns null for every other kind
 * @throws CliError where `from` names no dataset, or is missing, or is said of another kind
 */
export function parentOf(kind: string, from: string | undefined): Parent | null {
  if (kind !== DERIVED) {
    if (from !== undefined) throw new CliError(`--from is said of --kind ${DERIVED}`, EXIT.misuse);
    return null;
  }
  const known = datasets.map(({ name }) => name).join(', ');
  if (from === undefined) throw new CliError(`a derived dataset is made of another's rows: --from one of ${known}`, EXIT.misuse);
  const dataset = datasets.find(({ name }) => name === from);
  if (dataset === undefined) throw new CliError(`--from ${from}: no dataset; there are ${known}`, EXIT.misuse);
  const [field] = Object.entries(dataset.record.fields).find(([name, { type }]) => type === 'string' && name !== 'source') ?? [];
  if (field === undefined) throw new CliError(`--from ${from}: its records have no text but their source, of which the template makes rows`);
  return { dataset: from, field };
}
