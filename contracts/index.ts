export { CANARY_SOURCE, canaryRecord } from './canary.js';
export type { Dataset, DerivedDataset, FedDataset, Field } from './dataset.js';
export { defineDataset, freshnessLimits, isDerived, isFed } from './dataset.js';
export type { RecordOf } from './record.js';
export type { CheckedSource, DocumentSource, HttpSource, ListSource, OperatorSource, Source } from './sources/index.js';
export { isChecked, isFetched, keepsPast } from './sources/index.js';
export { githubFile } from './sources/list.js';
export type { Layer, Table, Writer } from './tables.js';
export { COORDINATES, fullName } from './tables.js';
