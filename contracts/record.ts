import type { Dataset } from './dataset.js';

/** What a column type is in a record on its way to Kafka, as JSON has it: times and dates are ISO strings. */
type ValueOf<T extends string> = string extends T
  ? unknown
  : T extends 'string' | 'timestamp' | 'date'
    ? string
    : T extends 'int' | 'bigint' | 'double'
      ? number
      : T extends 'boolean'
        ? boolean
        : T extends `array<${infer E}>`
          ? readonly ValueOf<E>[]
          : T extends `map<string,${infer V}>`
            ? Readonly<Record<string, ValueOf<V>>>
            : unknown;

/**
 * The record of a dataset, as its contract declares it: every field, each of which may be null. A reader that forgets a
 * field, or gives one that the contract has not, does not compile.
 */
export type RecordOf<D extends Pick<Dataset, 'record'>> = {
  readonly [Name in keyof D['record']['fields'] & string]: ValueOf<D['record']['fields'][Name]['type']> | null;
};
