import { Command, CommanderError } from 'commander';
import { addCommands } from './commands/index.js';
import { CliError, EXIT, say } from './output.js';
import { loadSettings } from './settings.js';

/** A developer's own settings must change no test, no generated file and no check. */
const WITHOUT_SETTINGS = ['test', 'lint', 'format'];

const program = new Command('sluice')
  .description('A streaming lakehouse: feeds to Kafka to Delta tables to SQL, on AWS or on this machine.')
  .version('0.1.0')
  // `restore --version 3` is the command's own option.
  .enablePositionalOptions()
  .showHelpAfterError('(./sluice help COMMAND says how)')
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });
addCommands(program);
program.hook('preAction', (_program, command) => {
  if (WITHOUT_SETTINGS.includes(command.name())) process.env.SLUICE_ENV_FILE = '';
  try {
    loadSettings(process.env, say);
  } catch (cause) {
    throw new CliError((cause as Error).message, EXIT.misuse);
  }
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.misuse;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`sluice: ${message}\n`);
    if (process.env.SLUICE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}
