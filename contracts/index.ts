export { canaryRecord } from './canary.js';
export { CANARY_SOURCE } from './compile.js';
export type { Dataset, Field } from './dataset.js';
export { defineDataset } from './dataset.js';
export type { RecordOf } from './record.js';
export type { HttpSource, ListSource, OperatorSource, Source } from './sources.js';
export { githubFile } from './sources.js';
export type { Layer, Table, Writer } from './tables.js';
export { COORDINATES } from './tables.js';
