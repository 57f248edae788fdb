import type { Home } from '../../../../localstack/paths.js';
import { type Instance, readInstance } from '../../../../localstack/stack/instance.js';
import { CliError, EXIT } from '../../../output.js';

/** A time as part of a file's name. */
export const stampOf = (time: Date): string => time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');

/** What runs here, or ran last. @throws CliError where the lake's S3 is not ours to copy */
export function requireOwn(home: Home): Instance | null {
  const instance = readInstance(home);
  if (instance && !instance.ownEmulator) throw new CliError(`the AWS here is not ours but ${instance.emulatorUrl}: back up that one by its own means`, EXIT.misuse);
  return instance;
}
