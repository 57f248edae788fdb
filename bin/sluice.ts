import { sluiceProgram } from './commands/program.js';
import { withNamesOfToday } from './commands/renamed.js';
import { tellFailure } from './failure.js';
import { CliError, EXIT, say } from './output.js';
import { loadSettings } from './settings.js';

/** A developer's own settings must change no test, no generated file and no check. */
const WITHOUT_SETTINGS = ['test', 'lint', 'format', 'dataset'];

// Who reads no more of what is printed (`| head`) ends the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const program = await sluiceProgram();
program.hook('preAction', (_program, command) => {
  if (WITHOUT_SETTINGS.includes(command.name())) process.env.SLUICE_ENV_FILE = '';
  try {
    loadSettings(process.env, say);
  } catch (cause) {
    throw new CliError((cause as Error).message, EXIT.misuse);
  }
});

try {
  await program.parseAsync(withNamesOfToday(process.argv.slice(2), say), { from: 'user' });
} catch (error) {
  tellFailure(error);
}
