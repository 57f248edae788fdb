import type { Dataset } from '../dataset.js';
import { isChecked } from './index.js';

/** Fields that a record has whose source is published by difference: who says it, what became of it, in which snapshot, since when. */
const BY_DIFFERENCE = ['source', 'event', 'sequence', 'observed_at'] as const;

/** What a dataset's sources ask of its record. Each message names the place. */
export function sourceProblems({ sources, record }: Pick<Dataset, 'sources' | 'record'>): string[] {
  const problems: string[] = [];
  for (const field of record.content) {
    if (!(field in record.fields)) problems.push(`record.content: no field "${field}"`);
    else if (record.key.includes(field)) problems.push(`record.content: "${field}" is of the key, so a record with another is another record`);
  }
  const checked = sources.filter(isChecked);
  if (checked.length === 0) return problems;
  for (const field of BY_DIFFERENCE) {
    if (!(field in record.fields))
      problems.push(`record.fields: no field "${field}", which records of source "${checked[0]?.name}" have: its kind ${checked[0]?.kind} is published by difference`);
  }
  for (const field of ['source', 'sequence']) {
    if (!record.key.includes(field)) problems.push(`record.key: "${field}" is missing, without which two snapshots' records would be one`);
  }
  // A list may say no more of a row than that it is there; what a document says of its records is what it is read for.
  const said = Object.keys(record.fields).filter((field) => !record.key.includes(field) && !(BY_DIFFERENCE as readonly string[]).includes(field));
  if (record.content.length === 0 && said.length > 0 && sources.some(({ kind }) => kind === 'document'))
    problems.push(`record.content: it is empty, so no change of a record would ever be news; of its fields name those that are: ${said.join(', ')}`);
  return problems;
}
