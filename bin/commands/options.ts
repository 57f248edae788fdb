import { Option } from 'commander';
import { urlOf } from '../../datasets/shared/url.js';
import type { UpOptions } from '../../localstack/stack/up.js';
import { CliError, EXIT, say } from '../output.js';

export const stageOption = () => new Option('--stage <stage>', 'local (this machine), dev or prod').default('local');
export const jsonOption = (what = 'as JSON') => new Option('--json', what);

/** Options of the commands that start the lake of this machine. */
export const startOptions = (): Option[] => [
  new Option('--feeds <kind>', 'recorded (default, from this machine) or live (the real addresses)').choices(['recorded', 'live']).default('recorded'),
  new Option('--emulator <url>', 'an AWS emulator that runs already, instead of starting one'),
  new Option('--aws <url>', 'the former name of --emulator').hideHelp(),
];

export interface StartOptions {
  readonly feeds: UpOptions['feeds'];
  readonly emulator?: string;
  readonly aws?: string;
}

/** @throws CliError where the emulator's address is none */
export function upOptions({ feeds, emulator, aws }: StartOptions): UpOptions {
  if (aws !== undefined) say('--aws is now --emulator');
  const url = emulator ?? aws;
  if (url === undefined) return { feeds };
  if (urlOf(url) === undefined) throw new CliError(`--emulator ${url}: not a URL; for example --emulator http://127.0.0.1:4566`, EXIT.misuse);
  return { feeds, emulatorUrl: url.replace(/\/$/, '') };
}

/** A whole number of an option. @throws CliError naming the bounds */
export function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new CliError(`${option} ${text}: a number from ${least} to ${most}`, EXIT.misuse);
  return value;
}
