import type { Command } from 'commander';
import { ROOT } from '../../../localstack/paths.js';
import { newCommand as made } from '../command.js';
import { jsonOption } from '../options.js';
import { newDataset, type Wish } from './new/dataset.js';
import { kindsIn } from './new/template.js';

const datasetCommand = () =>
  made('dataset', 'a dataset: contract, reader, recording, Gold table and tests that pass, to be changed into what it is', [
    './sluice new dataset daily_prices --kind document',
    './sluice new dataset orders --kind kafka',
    './sluice new dataset order_words --kind derived --from orders',
  ])
    .argument('<name>', 'in snake_case: its topic and tables have this name')
    .requiredOption('--kind <kind>', `how its source is read: ${kindsIn(ROOT).join(', ')}`)
    .option('--from <dataset>', 'of a derived dataset: the one whose rows its own are made of')
    .addOption(jsonOption('what was made, as JSON'))
    .action((name: string, { json, ...wish }: Omit<Wish, 'name'> & { json?: boolean }) => newDataset({ name, ...wish }, json === true));

export const newCommand = (): Command =>
  made('new', 'make the beginnings of something from templates: dataset', ['./sluice new dataset daily_prices --kind document']).addCommand(datasetCommand());
