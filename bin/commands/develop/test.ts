import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ROOT } from '../../../localstack/paths.js';
import { generatedFiles } from '../../generated.js';
import { CliError, EXIT } from '../../output.js';
import { runTests, type TestOptions } from './test/run-tests.js';
import { FORMATTERS, LINTERS, runTools } from './tools.js';

export function addDevelopmentCommands(program: Command): void {
  program
    .command('lint')
    .description('check types and style of both languages; change nothing')
    .action(() => {
      if (runTools(LINTERS).failed > 0) process.exitCode = EXIT.failed;
    });
  program
    .command('format')
    .description('format the code and make the generated files anew')
    .action(() => {
      for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(join(ROOT, file), text);
      if (runTools(FORMATTERS).failed > 0) process.exitCode = EXIT.failed;
    });
  program
    .command('test')
    .description('run the tests: all but the long kill tests; --unit (under a minute), --faults (the kill tests)')
    .option('--unit', 'only those that start nothing')
    .option('--faults', 'only the long kill tests')
    .option('--kills <count>', 'with --faults: how many processes are killed')
    .action(async (options: TestOptions) => {
      if (options.kills !== undefined && !(options.faults && /^[1-9]\d*$/.test(options.kills))) throw new CliError('--kills is a number, said of --faults', EXIT.misuse);
      process.exitCode = await runTests(options);
    });
}
