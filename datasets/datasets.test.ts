import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isChecked, isFetched } from '../contracts/index.js';
import { ROOT } from '../localstack/paths.js';
import { datasets } from './index.js';
import { readDatasets, readerOf } from './readers.js';
import { recordedDatasets, recordingOf } from './recordings.js';
import { seeded } from './shared/made-up.js';

const FOLDER = join(ROOT, 'datasets');
const folders = readdirSync(FOLDER, { withFileTypes: true }).flatMap((each) => (each.isDirectory() && each.name !== 'shared' ? [each.name] : []));

describe('the datasets', () => {
  test('have a folder each, named as they are, and each folder has a contract that the lake knows', () => {
    expect(folders.sort()).toEqual(datasets.map(({ name }) => name).sort());
    for (const name of folders) expect(existsSync(join(FOLDER, name, 'contract.ts')), `datasets/${name}/contract.ts`).toBe(true);
  });

  test('have a reader where a source of theirs is checked, and none elsewhere', () =>
    expect([...readDatasets()].sort()).toEqual(datasets.flatMap(({ name, sources }) => (sources.some(isChecked) ? [name] : [])).sort()));

  test('have sources of formats that their readers read', () => {
    for (const { name, sources } of datasets) for (const source of sources.filter(isChecked)) expect(readerOf(name).formats, source.name).toContain(source.format);
  });

  test('have a recording where a source of theirs is fetched, and none elsewhere', () =>
    expect([...recordedDatasets()].sort()).toEqual(datasets.flatMap(({ name, sources }) => (sources.some(isFetched) ? [name] : [])).sort()));

  test('are recorded the same each time', () => {
    for (const { name, sources } of datasets)
      for (const source of sources.filter(isFetched)) expect(recordingOf(name).body(source, seeded(1)), source.name).toBe(recordingOf(name).body(source, seeded(1)));
  });

  test('that have no reader or recording say where one goes', () => {
    expect(() => readerOf('operations')).toThrow(/datasets\/operations\/reader\.ts in datasets\/readers\.ts/);
    expect(() => recordingOf('operations')).toThrow(/datasets\/operations\/recording\.ts in datasets\/recordings\.ts/);
  });
});
