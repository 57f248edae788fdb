import { describeCheck, invokeIngest } from '../../lake/ingest.js';
import { sideBySide } from '../../lake/side-by-side.js';
import { assertSource, sourcesOnAt } from '../../lake/sources.js';
import { target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

interface IngestOptions {
  readonly all?: boolean;
  readonly whole?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

export const ingestCommand = () =>
  newCommand('ingest', 'check a source now: fetch it, and send what changed', ['./sluice ingest stevenblack', './sluice ingest --all', './sluice ingest stevenblack --dry-run'])
    .argument('[source]', 'a source of the contracts')
    .option('--all', 'every source that is on')
    .option('--whole', 'publish all that the source holds, as happens once a day')
    .option('--dry-run', 'fetch, parse and compare; store and send nothing')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(ingest);

async function ingest(source: string | undefined, options: IngestOptions): Promise<void> {
  if ((source === undefined) === (options.all !== true)) throw new CliError('name a source, or --all (not both)', EXIT.misuse);
  if (source !== undefined) assertSource(source);
  const lake = target(options.stage);
  const checks = await sideBySide(source === undefined ? sourcesOnAt(options.stage) : [source], async (name) => {
    if (!options.json) say(`checking ${name} ...`);
    const check = await invokeIngest({ event: 'check', source: name, ...(options.whole ? { whole: true } : {}), ...(options.dryRun ? { dryRun: true } : {}) }, lake);
    if (!options.json) say(describeCheck(check));
    return check;
  });
  if (options.json) printJson(checks);
  if (checks.some(({ outcome }) => outcome === 'failed' || outcome === 'refused')) process.exitCode = EXIT.failed;
}
