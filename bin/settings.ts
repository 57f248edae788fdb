import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { unknownNames } from '../lib/environment.js';
import { ROOT } from '../localstack/paths.js';

const NAME = /^[A-Za-z_]\w*$/;
/** What the shell script `sluice` has read before Node starts: too late to be set in a file. */
const OF_THE_INSTALLER = ['SLUICE_CACHE', 'SLUICE_PYTHON', 'SLUICE_ROOT'] as const;

/**
 * The variables of a `.env` file, as Node reads one.
 *
 * Node takes a line without `=` for the beginning of the next name, without a word, and drops the last such line: that is
 * refused here.
 *
 * @throws Error naming the line, and what it should be
 */
export function parseEnvFile(text: string, file: string): Record<string, string> {
  const end = 'SLUICE_END_OF_FILE';
  const values = Object.entries(parseEnv(`${text}\n${end}=1\n`) as Record<string, string>);
  for (const [name, value] of values) {
    const line = name.split('\n')[0] ?? '';
    if (!NAME.test(name)) throw new Error(`${file}: "${line.trim()}" sets nothing: a line is NAME=value, and begins with # where it is a comment`);
    const [quote = ''] = /^["'`]/.exec(value) ?? [];
    if (quote !== '') throw new Error(`${file}: the value of ${name} begins with ${quote} and does not end with it`);
  }
  return Object.fromEntries(values.filter(([name]) => name !== end));
}

/**
 * Adds the settings of `.env` in the project's folder, or of `SLUICE_ENV_FILE`, to the environment, where what is set
 * already wins; says which names of ours nothing reads. Names that are not ours stay out: `npx cdk` has chosen its
 * credentials before the app could read them, and the AWS on this machine needs none of anybody's. An empty
 * `SLUICE_ENV_FILE` means no file, as for the tests; what this process starts finds it so, since it has the settings.
 *
 * @throws Error naming the file, and what is wrong with it
 */
export function loadSettings(env: NodeJS.ProcessEnv, tell: (message: string) => void): void {
  if (env.SLUICE_ENV_FILE === '') return;
  const file = env.SLUICE_ENV_FILE ?? join(ROOT, '.env');
  if (env.SLUICE_ENV_FILE !== undefined && !existsSync(file)) throw new Error(`SLUICE_ENV_FILE is "${file}", where there is no file: name one, or leave it empty to read none`);
  const settings = existsSync(file) ? parseEnvFile(readFileSync(file, 'utf8'), file) : {};
  for (const name of OF_THE_INSTALLER.filter((each) => settings[each] !== undefined)) tell(`${name} in ${file} comes too late, the installer has run: set it in the environment`);
  for (const [name, value] of Object.entries(settings)) {
    if (name.startsWith('SLUICE_')) env[name] ??= value;
    else tell(`${name} in ${file} is not taken: the file holds SLUICE_ names, what AWS's own tools read is set in the environment`);
  }
  for (const name of unknownNames(env)) tell(`nothing reads ${name}: .env.example has the names`);
  env.SLUICE_ENV_FILE = '';
}
