import { z } from 'zod';
import { boundsSchema, httpFields, validateHttp } from './http.js';

/** Largest part of a document's records that one fetch may change, where its contract does not say. */
const MAX_CHANGE = 0.5;

/** A whole document of records with keys, fetched whole and published by difference: what was added, what changed, what is gone. */
export const documentSchema = z
  .object({
    kind: z.literal('document'),
    ...httpFields,
    format: z.enum(['json', 'csv', 'xml']),
    /**
     * Where the records are. JSON: the names down to their array, `vulnerabilities` or `result.items`; without it the
     * document is the array. XML: the elements down to a record, `catalog.entry`. CSV has no place for it.
     */
    records: z
      .string()
      .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'names with dots between them')
      .optional(),
    bounds: boundsSchema.prefault({ minEntries: 1, maxBytes: 64 * 1024 * 1024, maxShrink: 0.2, maxChange: MAX_CHANGE, minValid: 0.9 }),
  })
  .strict()
  .superRefine((source, context) => {
    const wrong = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path] });
    if (source.format === 'csv' && source.records !== undefined) wrong('every row of a CSV is a record: leave it out', 'records');
    if (source.format === 'xml' && source.records === undefined) wrong('the elements of an XML that are records are to be named: records: "root.element"', 'records');
    validateHttp(source, wrong);
  });
