import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, defaultHome, folderBytes, type Home } from '../../../localstack/paths.js';
import { down } from '../../../localstack/stack/down.js';
import { isUp } from '../../../localstack/stack/services.js';
import { confirm } from '../../ask.js';
import { bytes, CliError, EXIT, say } from '../../output.js';
import { newCommand } from '../command.js';

interface CleanOptions {
  readonly data?: boolean;
  readonly cache?: boolean;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export const cleanCommand = () =>
  newCommand('clean', 'remove what Sluice made: --data (the lake here), --cache (downloads that clones share), --all', ['./sluice clean --data', './sluice clean --all --yes'])
    .option('--data', 'tables, topics, state and logs of this clone')
    .option('--cache', 'installed parts, shared by all clones of this user')
    .option('--all', 'both, and .sluice itself')
    .option('--yes', 'do not ask')
    .action((options: CleanOptions) => clean(defaultHome(), options));

async function clean(home: Home, { data, cache, all, yes }: CleanOptions): Promise<void> {
  if (!data && !cache && !all) throw new CliError('say what to remove: --data, --cache or --all', EXIT.misuse);
  const ofLake = all ? [home.root] : data ? [home.data, home.logs, home.run, home.tmp] : [];
  const goes = [...ofLake, ...(all || cache ? [cacheFolder()] : [])].filter((folder) => existsSync(folder));
  for (const folder of goes) say(`will remove ${folder} (${bytes(folderBytes(folder))})`);
  if (goes.length === 0) return say('nothing to remove');
  await confirm('Remove?', { yes, otherwise: 'nothing was removed' });
  if (isUp(home)) await down(home, say);
  for (const folder of goes) rmSync(folder, { recursive: true, force: true });
  if (all || cache) rmSync(join(home.root, '..', 'node_modules'), { force: true, recursive: false });
  say('removed');
}
