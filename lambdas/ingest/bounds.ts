import type { CheckedSource } from '../../contracts/index.js';
import type { Told } from '../../contracts/reading.js';
import type { Difference } from './snapshot/difference.js';

const percent = (part: number): string => `${Math.round(part * 100)} %`;

/** Why a body is not believed, or null. The last good version stays. */
export function refusalOf({ kind, bounds, format }: CheckedSource, { read, rows, rejected, doubt }: Told, { added, changed, gone, before }: Difference): string | null {
  const [all, whole] = kind === 'document' ? ['records', 'document'] : ['entries', 'list'];
  const good = rows - rejected;
  if (rows > 0 && good < rows * bounds.minValid)
    return `${good} of ${rows} rows are ${kind === 'document' ? 'good' : format}, the contract asks for ${percent(bounds.minValid)}: has the ${whole} changed its format?`;
  if (read < bounds.minEntries) return `${read} ${all}, the contract asks for ${bounds.minEntries} at least`;
  if (doubt !== null) return doubt;
  if (before === 0) return null;
  if (gone > before * bounds.maxShrink) return `${gone} of ${before} ${all} would go, the contract allows ${percent(bounds.maxShrink)}`;
  if (added > before * bounds.maxGrowth) return `${added} ${all} would come to ${before}, the contract allows ${bounds.maxGrowth} times as many`;
  if (changed > before * bounds.maxChange) return `${changed} of ${before} ${all} would change, the contract allows ${percent(bounds.maxChange)}`;
  return null;
}
