import { CliError, EXIT } from '../../output.js';
import { newCommand } from '../command.js';
import type { TestOptions } from './test/plan.js';
import { runTests } from './test/run-tests.js';

export const testCommand = () =>
  newCommand(
    'test',
    'run the tests: all but the long kill tests, independent parts side by side; --unit (under a minute), --dataset (one dataset’s own), --changed (what a change can affect), --faults (the kill tests)',
    ['./sluice test', './sluice test --unit', './sluice test --dataset vulnerabilities', './sluice test --changed main', './sluice test --faults --kills 10'],
  )
    .option('--unit', 'only those that start nothing')
    .option('--dataset <name>', 'only those of a dataset, with style, types, and what holds every dataset to its contract')
    .option('--changed [commit]', 'only what can be affected by what differs from a commit, or from where this branch left it; default: from the last one')
    .option('--faults', 'only the long kill tests')
    .option('--kills <count>', 'with --faults: how many processes are killed')
    .action(async (options: TestOptions) => {
      if (options.faults && (options.unit || options.changed !== undefined)) throw new CliError('--faults runs by itself: without --unit and --changed', EXIT.misuse);
      if (options.dataset !== undefined && (options.faults || options.unit || options.changed !== undefined))
        throw new CliError('--dataset runs by itself: without --unit, --changed and --faults', EXIT.misuse);
      if (options.kills !== undefined && !(options.faults && /^[1-9]\d*$/.test(options.kills))) throw new CliError('--kills is a number, said of --faults', EXIT.misuse);
      process.exitCode = await runTests(options);
    });
