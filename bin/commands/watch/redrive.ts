import { DEAD_LETTER_QUEUES } from '../../../lib/shared/queues.js';
import { target } from '../../lake/target.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { lettersOf, redrive } from './redrive/letters.js';

export const redriveCommand = () =>
  newCommand('redrive', 'call functions again with the events that they failed at, or that could not be delivered; what fails again stays', [
    './sluice redrive --dry-run',
    './sluice redrive',
  ])
    .argument('[queue]', `one of ${DEAD_LETTER_QUEUES.join(', ')}; default: all`)
    .option('--dry-run', 'show them; call nothing')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(redriveAll);

async function redriveAll(queue: string | undefined, options: { dryRun?: boolean; json?: boolean; stage: string }): Promise<void> {
  const queues = DEAD_LETTER_QUEUES.filter((each) => queue === undefined || each === queue);
  if (queues.length === 0) throw new CliError(`no queue is named "${queue}"; known: ${DEAD_LETTER_QUEUES.join(', ')}`, EXIT.misuse);
  const lake = target(options.stage);
  const letters = (await Promise.all(queues.map((each) => lettersOf(each, lake)))).flat();
  const results = [];
  for (const letter of letters) {
    const again = options.dryRun ? null : await redrive(letter, lake);
    results.push({ queue: letter.queue, function: letter.functionName, payload: letter.payload, error: letter.error, redriven: !options.dryRun && again === null, again });
  }
  if (options.json) printJson(results);
  else if (results.length === 0) say('no event waits');
  else
    printRows(
      ['queue', 'function', 'event', 'failed with', 'now'],
      results.map((each) => [
        each.queue,
        each.function ?? '',
        JSON.stringify(each.payload),
        each.error,
        options.dryRun ? 'waits (hidden from others for two minutes)' : each.redriven ? 'done' : `failed again: ${each.again}`,
      ]),
    );
  if (results.some(({ again }) => again !== null)) process.exitCode = EXIT.failed;
}
