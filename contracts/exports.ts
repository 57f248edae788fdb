import { z } from 'zod';
import { identifier } from './identifier.js';

/** Files that are made of one Gold table for others to fetch; the job is the dataset's own: `glue-jobs/datasets/NAME/export.py`. */
export const exportsSchema = z
  .object({
    /** The Gold table; where its rows change, the files are made anew. */
    table: identifier,
    /** What the job does. */
    description: z.string().min(1),
    /** They are made anew after so long, whatever happened. */
    refreshHours: z.number().positive(),
  })
  .strict();

export type Exports = z.infer<typeof exportsSchema>;

export interface Exporting {
  /** The dataset's name. */
  readonly name: string;
  readonly exports: Exports;
}

/**
 * The dataset that exports; null where none does.
 *
 * @throws Error where two do: a stage has one export job, and one bucket for what it makes.
 */
export function exportingDataset(datasets: readonly { readonly name: string; readonly exports?: Exports | undefined }[]): Exporting | null {
  const [first, second] = datasets.flatMap(({ name, exports }) => (exports === undefined ? [] : [{ name, exports }]));
  if (second !== undefined) throw new Error(`datasets ${first?.name} and ${second.name} both declare exports: a stage has one export job so far; take one of them out`);
  return first ?? null;
}
