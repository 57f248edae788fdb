import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../../output.js';
import type { Names } from './names.js';
import type { NewFile } from './template.js';

/** A list of datasets by hand, and what is added to it. */
interface Registry {
  readonly path: string;
  /** File of the dataset's folder that it lists. */
  readonly lists: string;
  readonly importOf: (names: Names) => string;
  /** The list: what is before its end, and its end. */
  readonly list: RegExp;
  readonly entryOf: (names: Names) => string;
}

const LISTS: readonly Registry[] = [
  {
    path: 'datasets/index.ts',
    lists: 'contract.ts',
    importOf: ({ snake, camel }) => `import { ${camel} } from './${snake}/contract.js';`,
    list: /(export const datasets: readonly Dataset\[\] = \[[^\]]*?),?\s*(\];)/,
    entryOf: ({ camel }) => camel,
  },
  {
    path: 'datasets/readers.ts',
    lists: 'reader.ts',
    importOf: ({ snake, camel }) => `import { reader as ${camel} } from './${snake}/reader.js';`,
    list: /(const READERS\b[^=]*= \{[^}]*?),?\s*(\};)/,
    entryOf: ({ snake, camel }) => `${snake}: ${camel} as Reader`,
  },
  {
    path: 'datasets/recordings.ts',
    lists: 'recording.ts',
    importOf: ({ snake, camel }) => `import { recording as ${camel} } from './${snake}/recording.js';`,
    list: /(const RECORDINGS\b[^=]*= \{[^}]*?),?\s*(\};)/,
    entryOf: ({ snake, camel }) => (snake === camel ? snake : `${snake}: ${camel}`),
  },
];

const LAST_IMPORT = /^(?:import [^;]*;\n)*import [^;]*;\n/m;

function registered(text: string, { path, list, importOf, entryOf }: Registry, names: Names): string {
  if (!list.test(text) || !LAST_IMPORT.test(text))
    throw new CliError(`${path} has no list of the form that ./sluice new knows: nothing was made; mend it, or add the dataset by hand`);
  return text.replace(LAST_IMPORT, (imports) => `${imports}${importOf(names)}\n`).replace(list, (_, before: string, end: string) => `${before}, ${entryOf(names)} ${end}`);
}

/** The lists with a dataset added, of those that list a file that it has. @throws CliError where one has another form */
export const registrations = (files: readonly NewFile[], names: Names, root: string): NewFile[] =>
  LISTS.filter(({ lists }) => files.some(({ path }) => path === `datasets/${names.snake}/${lists}`)).map((list) => ({
    path: list.path,
    text: registered(readFileSync(join(root, list.path), 'utf8'), list, names),
  }));
