export { canaryRecord } from './canary.js';
export { CANARY_SOURCE } from './compile.js';
export type { Dataset, Field, HttpSource, Layer, ListSource, OperatorSource, Source, Table, Writer } from './dataset.js';
export { COORDINATES, defineDataset, githubFile } from './dataset.js';
