import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parentOf, takenNames } from '../../bin/commands/develop/new/known.js';
import { namesOf, ofDataset, validateName } from '../../bin/commands/develop/new/names.js';
import { registrations } from '../../bin/commands/develop/new/register.js';
import { assertKind, filesOf, kindsIn } from '../../bin/commands/develop/new/template.js';
import { sluiceProgram } from '../../bin/commands/program.js';
import { datasets, findDataset } from '../../datasets/index.js';
import { ROOT } from '../../localstack/paths.js';
import { wordsOf } from '../support/command-line.js';

const work = mkdtempSync(join(tmpdir(), 'new-dataset-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const daily = namesOf('daily_prices');

describe('the name of a new dataset', () => {
  test('has the forms that files, values and texts have', () => {
    expect(daily).toEqual({ snake: 'daily_prices', camel: 'dailyPrices', pascal: 'DailyPrices', kebab: 'daily-prices', words: 'daily prices' });
    expect(namesOf('orders')).toEqual({ snake: 'orders', camel: 'orders', pascal: 'Orders', kebab: 'orders', words: 'orders' });
    expect(ofDataset('new_dataset newDataset NewDataset new-dataset new dataset', daily)).toBe('daily_prices dailyPrices DailyPrices daily-prices daily prices');
  });

  test.each<[name: string, message: RegExp]>([
    ['Daily', /"Daily" is no name of a dataset: use snake_case/],
    ['1st', /"1st" is no name of a dataset: use snake_case/],
    ['a-b', /use snake_case/],
    ['../x', /use snake_case/],
    ['', /"" is no name of a dataset/],
    ['select', /"select" is no name of a dataset: .*reserved word of SQL/],
    ['lambda', /"lambda" is a reserved word of TypeScript or Python/],
    ['new', /"new" is (no name of a dataset: .*reserved word of SQL|a reserved word of TypeScript or Python)/],
    ['operations', /"operations" is taken: a dataset has it/],
    ['stevenblack', /"stevenblack" is taken: a source has it/],
    ['source_status', /"source_status" is taken: table gold.source_status has it/],
    ['ledger', /"ledger" is taken: table ops.ledger has it/],
  ])('%j is refused, with the reason', (name, message) => expect(() => validateName(name, takenNames())).toThrow(message));

  test('that is free is taken', () => expect(() => validateName('daily_prices', takenNames())).not.toThrow());
});

describe('the kind of a new dataset', () => {
  test('has templates, and one that has none is refused by the kinds there are', () => {
    for (const kind of kindsIn(ROOT)) expect(() => assertKind(kind, ROOT)).not.toThrow();
    expect(() => assertKind('webhook', ROOT)).toThrow('--kind webhook: there are derived, document, kafka, list');
    expect(() => assertKind('../dataset', ROOT)).toThrow('--kind ../dataset: there are');
  });

  test('derived asks for a dataset that there is, and no other kind asks for one', () => {
    const [{ name = '' } = {}] = datasets;
    expect(parentOf('derived', name)).toMatchObject({ dataset: name });
    expect(findDataset(name).record.fields[parentOf('derived', name)?.field ?? '']?.type).toBe('string');
    expect(parentOf('list', undefined)).toBeNull();
    expect(() => parentOf('list', name)).toThrow('--from is said of --kind derived');
    expect(() => parentOf('derived', undefined)).toThrow(/--from one of .*operations/);
    expect(() => parentOf('derived', 'nowhere')).toThrow(/--from nowhere: no dataset; there are .*operations/);
  });

  test.each(['new dataset', 'new dataset x', 'new dataset x --kind list y'])('%s is a misuse', async (line) => {
    const program = await sluiceProgram();
    await expect(program.parseAsync(wordsOf(line), { from: 'user' })).rejects.toMatchObject({ code: /^commander\./ });
  });
});

describe('the files of a new dataset', () => {
  test.each(kindsIn(ROOT))('of kind %s stand in its folders alone, and nothing of the template is left in them', (kind) => {
    const files = filesOf(kind, daily, { dataset: 'orders', field: 'note' }, ROOT);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const { path, text } of files) {
      expect(path).toMatch(/^(datasets\/daily_prices\/|glue-jobs\/datasets\/daily_prices\.py$|glue-jobs\/tests\/datasets\/test_daily_prices\.py$)/);
      expect(text, path).not.toMatch(/new[_-]?dataset|new dataset|parent_(dataset|field)/i);
    }
  });

  test('are not made where one is there', () => {
    const root = join(work, 'there');
    for (const file of ['datasets/new_dataset/contract.ts', 'glue-jobs/datasets/new_dataset.py']) {
      mkdirSync(dirname(join(root, 'templates/dataset/list', file)), { recursive: true });
      writeFileSync(join(root, 'templates/dataset/list', file), '');
    }
    expect(filesOf('list', daily, null, root)).toHaveLength(2);
    mkdirSync(join(root, 'glue-jobs/datasets'), { recursive: true });
    writeFileSync(join(root, 'glue-jobs/datasets/daily_prices.py'), '');
    expect(() => filesOf('list', daily, null, root)).toThrow('glue-jobs/datasets/daily_prices.py is there already: nothing was made');
  });
});

describe('where datasets are listed', () => {
  test('a new one is added, with its import', () => {
    const lists = registrations(filesOf('document', daily, null, ROOT), daily, ROOT);
    expect(lists.map(({ path }) => path)).toEqual(['datasets/index.ts', 'datasets/readers.ts', 'datasets/recordings.ts']);
    const [index, readers, recordings] = lists.map(({ text }) => text);
    expect(index).toContain("import { dailyPrices } from './daily_prices/contract.js';");
    expect(index).toMatch(/export const datasets: readonly Dataset\[\] = \[[^\]]*, dailyPrices \];/);
    expect(readers).toContain("import { reader as dailyPrices } from './daily_prices/reader.js';");
    expect(readers).toMatch(/READERS[^}]*, daily_prices: dailyPrices as Reader \};/);
    expect(recordings).toMatch(/RECORDINGS[^}]*, daily_prices: dailyPrices \};/);
  });

  test('one without a reader is listed as a dataset alone', () => {
    expect(registrations(filesOf('kafka', daily, null, ROOT), daily, ROOT).map(({ path }) => path)).toEqual(['datasets/index.ts']);
  });

  test('a list of another form is told of, and nothing is made', () => {
    const root = join(work, 'lists');
    mkdirSync(join(root, 'datasets'), { recursive: true });
    writeFileSync(join(root, 'datasets/index.ts'), readFileSync(join(ROOT, 'datasets/index.ts'), 'utf8').replace('export const datasets', 'export const others'));
    expect(() => registrations(filesOf('kafka', daily, null, ROOT), daily, root)).toThrow('datasets/index.ts has no list of the form that ./sluice new knows: nothing was made');
  });
});
