import { CommanderError } from 'commander';
import { CliError, EXIT } from './output.js';

/** Says why a command failed, and with which code the process shall end. */
export function tellFailure(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.misuse;
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sluice: ${message}\n`);
  if (process.env.SLUICE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
}
