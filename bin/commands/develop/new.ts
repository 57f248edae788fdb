import type { Command } from 'commander';
import { ROOT } from '../../../localstack/paths.js';
import { newCommand as made } from '../command.js';
import { jsonOption } from '../options.js';
import { newDataset } from './new/dataset.js';
import { kindsIn } from './new/template.js';

const datasetCommand = () =>
  made('dataset', 'a dataset: contract, reader, recording, Gold table and tests that pass, to be changed into what it is', [
    './sluice new dataset daily_prices --kind document',
    './sluice new dataset orders --kind kafka',
  ])
    .argument('<name>', 'in snake_case: its topic and tables have this name')
    .requiredOption('--kind <kind>', `how its source is read: ${kindsIn(ROOT).join(', ')}`)
    .addOption(jsonOption('what was made, as JSON'))
    .action((name: string, { kind, json }: { kind: string; json?: boolean }) => newDataset(name, kind, json === true));

export const newCommand = (): Command =>
  made('new', 'make the beginnings of something from templates: dataset', ['./sluice new dataset daily_prices --kind document']).addCommand(datasetCommand());
