import { describeCheck, invokeIngest } from '../../lake/ingest.js';
import { assertSource } from '../../lake/sources.js';
import { target } from '../../lake/target.js';
import { EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

export interface ReparseOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

export const reparseCommand = () =>
  newCommand('reparse', 'parse the kept body of the last good check again, and publish what a changed parser makes of it. Says first what it would send; --yes sends', [
    './sluice reparse stevenblack',
    './sluice reparse stevenblack --yes',
  ])
    .argument('<source>', 'a source of the contracts')
    .option('--yes', 'send')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(reparse);

export async function reparse(source: string, { yes, json, stage }: ReparseOptions): Promise<void> {
  assertSource(source);
  const check = await invokeIngest({ event: 'reparse', source, dryRun: yes !== true }, target(stage));
  if (json) printJson(check);
  else say(`${describeCheck(check)}${yes || check.outcome !== 'changed' ? '' : '; nothing was sent: add --yes'}`);
  if (check.outcome === 'failed' || check.outcome === 'refused') process.exitCode = EXIT.failed;
}
