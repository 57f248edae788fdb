export { canaryRecord } from './canary.js';
export { CANARY_SOURCE } from './compile.js';
export type { Dataset, Field } from './dataset.js';
export { defineDataset } from './dataset.js';
export type { CheckedSource, DocumentSource, HttpSource, ListSource, OperatorSource, Source } from './sources/index.js';
export { isChecked, isFetched } from './sources/index.js';
export { githubFile } from './sources/list.js';
export type { Layer, Table, Writer } from './tables.js';
export { COORDINATES } from './tables.js';
