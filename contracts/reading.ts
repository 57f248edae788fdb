import type { CheckedSource } from './sources/index.js';

/** A row of a body, as a dataset's reader gives it. */
export interface Row {
  /** What the row is known by. It sorts rows by their code units; no character of it sorts below the tab that ends it. */
  readonly key: string;
  /** What the row says beyond its key: JSON of an object by names of the record's fields, empty where it says nothing. */
  readonly content: string;
  /** Line, or number of the record, in the body; 1 for the first. It does not count: a row may move. */
  readonly place: number;
}

/** What became of a row in the snapshot that its `sequence` names. */
export const CHANGES = ['added', 'changed', 'gone'] as const;
export type Change = (typeof CHANGES)[number];

/** A row of a snapshot. One that is gone stays as a tombstone, so that the daily whole publication repeats that it is gone. */
export interface KeptRow extends Omit<Row, 'place'> {
  readonly event: Change;
  readonly sequence: number;
  /** When that snapshot's body was fetched, epoch milliseconds. */
  readonly observedAt: number;
  /** Null where the row is gone. */
  readonly place: number | null;
}

/** What a reader tells of a body once its rows were read. */
export interface Told {
  /** Rows given, each key once. */
  readonly read: number;
  readonly rejected: number;
  /** Rows that stand for nothing. */
  readonly ignored: number;
  /** All that the body has of rows: those given, repeats of them, the ignored, the rejected. */
  readonly rows: number;
  /** First rejects, as `PLACE: REASON: TEXT`, bounded. */
  readonly samples: readonly string[];
  /** What only this kind of body has to count. */
  readonly counts: Readonly<Record<string, number>>;
  /** Why the body cannot be read at all; null where it can. Nobody can release it either. */
  readonly unreadable: string | null;
  /** Why the body is not to be believed, by what it says of itself; null where it says nothing against itself. */
  readonly doubt: string | null;
}

/** A body that is being read: its rows in order of key, each key once; then what there is to tell. Rows are read once. */
export interface Reading {
  rows(): Iterable<Row>;
  /** To be asked when all rows were read. */
  told(): Told;
}

/** What a reader may look at besides the body. */
export interface ReadingContext<S extends CheckedSource = CheckedSource> {
  readonly source: S;
  /** A folder for what does not fit into memory; whoever made it removes it. */
  readonly folder: string;
  /** The rows of the last snapshot of a source of the same dataset; null where it has none. */
  readonly kept: (source: string) => Promise<AsyncIterable<KeptRow> | null>;
}

/**
 * What a dataset says of its bodies. Pure but for the folder: the same body and the same context give the same rows.
 *
 * @typeParam R the record that the contract describes
 */
export interface Reader<R = Readonly<Record<string, unknown>>, S extends CheckedSource = CheckedSource> {
  /** Formats of its sources that it reads. */
  readonly formats: readonly string[];
  /** Reads a body, which may be asked for again; decoded bytes. Never throws on content. */
  read(body: () => AsyncIterable<Uint8Array>, context: ReadingContext<S>): Promise<Reading>;
  /** The format that the beginning of a body is of, its whole lines; null where it fits none. @default - not looked for */
  readonly detect?: (head: Uint8Array) => string | null;
  /** The record of a snapshot's row: the same each time it is asked. */
  record(source: S, row: KeptRow): R;
  /**
   * The body of what operators say by hand after an edit, entries whose time is over left out.
   *
   * @param current the last body; null where there is none
   * @param edit as it was sent; null where only time has passed
   * @throws BadEdit saying how the wish can be carried out
   */
  readonly edit?: (current: string | null, edit: unknown, now: Date) => string;
  /** Content as builds before this one wrote it, as this one would. @default - as it is */
  readonly former?: (content: string) => string;
  /** What to keep of a row that goes on with another content. @default - the new content */
  readonly restated?: (source: S, before: string, after: string) => string;
}

/** A wish of an operator that cannot be carried out; its message says how it can. */
export class BadEdit extends Error {
  override readonly name = 'BadEdit';
}
