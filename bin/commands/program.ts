import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { datasets } from '../../datasets/index.js';
import { addGroup, type CommandGroup } from './command.js';
import { develop } from './develop/index.js';
import { machine } from './machine/index.js';
import { sources } from './sources/index.js';
import { stages } from './stages/index.js';
import { start } from './start/index.js';
import { tables } from './tables/index.js';
import { watch } from './watch/index.js';

/** Commands of the datasets that have some: a folder here, named as the dataset. */
async function datasetGroups(): Promise<CommandGroup[]> {
  const groups = datasets.map(async ({ name }) => {
    const index = new URL(`./${name}/index.ts`, import.meta.url);
    return existsSync(index) ? ((await import(index.href)) as { readonly group: CommandGroup }).group : null;
  });
  return (await Promise.all(groups)).filter((group) => group !== null);
}

/** `./sluice` with all its commands. */
export async function sluiceProgram(): Promise<Command> {
  const program = new Command('sluice')
    .description('A streaming lakehouse: feeds to Kafka to Delta tables to SQL, on AWS or on this machine.')
    .version('0.1.0')
    // `restore --version 3` is the command's own option.
    .enablePositionalOptions()
    .showHelpAfterError('(./sluice help COMMAND says how)')
    .exitOverride()
    .helpCommand('help [command]', 'all of one command, with examples')
    .commandsGroup('More:')
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .addHelpText('after', '\nData goes to stdout, progress to stderr; exit 0 ok, 1 failed, 2 misuse, 3 degraded.');
  for (const group of [start, sources, ...(await datasetGroups()), tables, watch, machine, stages, develop]) addGroup(program, group);
  return program;
}
