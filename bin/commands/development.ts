import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ROOT } from '../../localstack/paths.js';
import { generatedFiles } from '../generated.js';
import { EXIT } from '../output.js';
import { runTests, type TestOptions } from '../tests.js';

const tool = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const python = join(ROOT, '.sluice', 'tools', 'python', 'bin', 'python');

function runAll(commands: readonly (readonly [string, ...string[]])[]): void {
  for (const [command, ...args] of commands) {
    const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, RUFF_NO_CACHE: 'true' } });
    if (status !== 0) process.exitCode = EXIT.failed;
  }
}

export function addDevelopmentCommands(program: Command): void {
  program
    .command('lint')
    .description('check types, style and generated files; change nothing')
    .action(() => {
      runAll([
        [tool('tsc'), '-p', '.'],
        [tool('biome'), 'check', '--error-on-warnings'],
        [python, '-m', 'ruff', 'check', 'glue-jobs'],
        [python, '-m', 'ruff', 'format', '--check', 'glue-jobs'],
      ]);
    });
  program
    .command('format')
    .description('format the code and make the generated files anew')
    .action(() => {
      for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(join(ROOT, file), text);
      runAll([
        [tool('biome'), 'check', '--write'],
        [python, '-m', 'ruff', 'check', '--fix', 'glue-jobs'],
        [python, '-m', 'ruff', 'format', 'glue-jobs'],
      ]);
    });
  program
    .command('test')
    .description('run the tests: all but the long kill tests; --unit (under a minute), --faults (the kill tests)')
    .option('--unit', 'only those that start nothing')
    .option('--faults', 'only the long kill tests')
    .action(async (options: TestOptions) => {
      process.exitCode = await runTests(options);
    });
}
