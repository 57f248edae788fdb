import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { urlOf } from '../../datasets/shared/url.js';
import { cacheFolder, defaultHome, type Home } from '../../localstack/paths.js';
import { down, folderBytes, isUp, readState, type UpOptions, up } from '../../localstack/stack.js';
import { confirm } from '../ask.js';
import { bytes, CliError, EXIT, say } from '../output.js';

/** Options of the commands that start things. */
export const feedsOption = () =>
  new Option('--feeds <kind>', 'recorded (default, from this machine) or live (the real addresses)').choices(['recorded', 'live']).default('recorded');
export const awsOption = () => new Option('--aws <url>', 'an AWS emulator that runs already, instead of starting one');

export function upOptions(options: { feeds: UpOptions['feeds']; aws?: string }): UpOptions {
  if (options.aws !== undefined && urlOf(options.aws) === undefined) throw new CliError(`--aws ${options.aws}: not a URL; for example --aws http://127.0.0.1:4566`, EXIT.misuse);
  return { feeds: options.feeds, ...(options.aws === undefined ? {} : { awsUrl: options.aws.replace(/\/$/, '') }) };
}

export function addLifecycleCommands(program: Command): void {
  program
    .command('up')
    .description('start Kafka, the AWS APIs, Trino and the feeds here, deploy the CDK app, start the Spark jobs (about 60 s)')
    .addOption(feedsOption())
    .addOption(awsOption())
    .action(async (options: { feeds: UpOptions['feeds']; aws?: string }) => {
      const home = defaultHome();
      say('starting Kafka, the AWS APIs, recorded feeds and Trino, then deploying; about 60 s');
      await up(home, upOptions(options), say);
      say('up. Next: ./sluice ingest --all, then ./sluice query active_by_source; ./sluice status says what runs');
      process.exit(EXIT.ok);
    });
  program
    .command('down')
    .description('stop everything here; the data stays')
    .action(async () => {
      const home = defaultHome();
      await down(home, say);
      say(`nothing of Sluice runs here now; the data is kept in ${home.data}`);
    });
  program
    .command('restart')
    .description('down, then up with the same feeds')
    .action(async () => {
      const home = defaultHome();
      const last = readState(home);
      await down(home, say);
      await up(home, { feeds: last?.feeds ?? 'recorded', ...(last && !last.ownEmulator ? { awsUrl: last.emulatorUrl } : {}) }, say);
      process.exit(EXIT.ok);
    });
  program
    .command('clean')
    .description('remove what Sluice made: --data (the lake here), --cache (downloads that clones share), --all')
    .option('--data', 'tables, topics, state and logs of this clone')
    .option('--cache', 'installed parts, shared by all clones of this user')
    .option('--all', 'both, and .sluice itself')
    .option('--yes', 'do not ask')
    .action(async (options: { data?: boolean; cache?: boolean; all?: boolean; yes?: boolean }) => clean(defaultHome(), options));
}

async function clean(home: Home, options: { data?: boolean; cache?: boolean; all?: boolean; yes?: boolean }): Promise<void> {
  const goes = [...(options.all ? [home.root] : options.data ? [home.data, home.logs, home.run, home.tmp] : []), ...(options.all || options.cache ? [cacheFolder()] : [])].filter(
    (folder) => existsSync(folder),
  );
  if (!options.data && !options.cache && !options.all) throw new CliError('say what to remove: --data, --cache or --all', EXIT.misuse);
  for (const folder of goes) say(`will remove ${folder} (${bytes(folderBytes(folder))})`);
  if (goes.length === 0) return say('nothing to remove');
  await confirm('Remove?', { yes: options.yes, otherwise: 'nothing was removed' });
  if (isUp(home)) await down(home, say);
  for (const folder of goes) rmSync(folder, { recursive: true, force: true });
  const link = join(home.root, '..', 'node_modules');
  if (options.all || options.cache) rmSync(link, { force: true, recursive: false });
  say('removed');
}
