import { CliError, EXIT } from '../../output.js';
import { newCommand } from '../command.js';
import { runTests, type TestOptions } from './test/run-tests.js';

export const testCommand = () =>
  newCommand('test', 'run the tests: all but the long kill tests; --unit (under a minute), --faults (the kill tests)', [
    './sluice test',
    './sluice test --unit',
    './sluice test --faults --kills 10',
  ])
    .option('--unit', 'only those that start nothing')
    .option('--faults', 'only the long kill tests')
    .option('--kills <count>', 'with --faults: how many processes are killed')
    .action(async (options: TestOptions) => {
      if (options.kills !== undefined && !(options.faults && /^[1-9]\d*$/.test(options.kills))) throw new CliError('--kills is a number, said of --faults', EXIT.misuse);
      process.exitCode = await runTests(options);
    });
