import { z } from 'zod';
import { documentSchema } from './document.js';
import { kafkaSchema } from './kafka.js';
import { listSchema } from './list.js';
import { operatorSchema } from './operator.js';

/** Kinds of sources: each with the schema of its declaration. Those that are checked have their three functions in lambdas/ingest/kinds. */
export const sourceSchema = z.discriminatedUnion('kind', [listSchema, documentSchema, operatorSchema, kafkaSchema], {
  error: ({ code, input }) =>
    code === 'invalid_union' ? `no kind of source: ${JSON.stringify((input as { kind?: unknown }).kind)}; there are list, document, operator and kafka` : undefined,
});

export type Source = z.infer<typeof sourceSchema>;
export type ListSource = z.infer<typeof listSchema>;
export type DocumentSource = z.infer<typeof documentSchema>;
export type OperatorSource = z.infer<typeof operatorSchema>;
/** A source that is fetched from an address, when its cadence says so. */
export type HttpSource = ListSource | DocumentSource;
/** A source that the ingest function checks: its bodies are kept, and published by difference. */
export type CheckedSource = HttpSource | OperatorSource;

export const isFetched = (source: Source): source is HttpSource => source.kind === 'list' || source.kind === 'document';
/** Whether the source's publisher keeps the versions of its past, which a backfill fetches. */
export const keepsPast = (source: Source): source is ListSource & { readonly past: string } => source.kind === 'list' && source.past !== undefined;
export const isChecked = (source: Source): source is CheckedSource => source.kind !== 'kafka';
