import { identifier } from '../../../../contracts/identifier.js';
import { CliError, EXIT } from '../../../output.js';

/** A dataset's name in each of its forms, as templates have them of `new_dataset`. */
export interface Names {
  /** `daily_prices` */
  readonly snake: string;
  /** `dailyPrices` */
  readonly camel: string;
  /** `DailyPrices` */
  readonly pascal: string;
  /** `daily-prices` */
  readonly kebab: string;
  /** `daily prices` */
  readonly words: string;
}

/** Where the rows of a derived dataset come from, as templates have it of `parent_dataset` and `parent_field`. */
export interface Parent {
  readonly dataset: string;
  /** A field of text that its rows have. */
  readonly field: string;
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

export function namesOf(snake: string): Names {
  const words = snake.split('_').filter(Boolean);
  const pascal = words.map(capital).join('');
  return { snake, camel: pascal.slice(0, 1).toLowerCase() + pascal.slice(1), pascal, kebab: words.join('-'), words: words.join(' ') };
}

/** A template's text, or the path of its file, of a dataset with this name. */
export const ofDataset = (template: string, { snake, camel, pascal, kebab, words }: Names, parent: Parent | null = null): string =>
  (parent === null ? template : template.replaceAll('parent_dataset', parent.dataset).replaceAll('parent_field', parent.field))
    .replaceAll('new_dataset', snake)
    .replaceAll('newDataset', camel)
    .replaceAll('NewDataset', pascal)
    .replaceAll('new-dataset', kebab)
    .replaceAll('new dataset', words);

/** Words that a JavaScript or a Python file cannot have for a name. */
const OF_LANGUAGES = new Set(
  'and as assert async await break case catch class const continue debugger def default del delete do elif else enum except export extends false finally for from function global if implements import in instanceof interface is lambda let new none nonlocal not null or package pass private protected public raise return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

/** What is there already, by name: what each name is taken by. */
export type Taken = ReadonlyMap<string, string>;

/**
 * The name of a dataset that there is not yet.
 *
 * @throws CliError saying what is wrong with it
 */
export function validateName(name: string, taken: Taken): void {
  const parsed = identifier.safeParse(name);
  const wrong = parsed.success ? null : parsed.error.issues.map(({ message }) => message).join('; ');
  if (wrong !== null) throw new CliError(`"${name}" is no name of a dataset: ${wrong}`, EXIT.misuse);
  if (OF_LANGUAGES.has(name)) throw new CliError(`"${name}" is a reserved word of TypeScript or Python, which name a file and a value by it: choose another`, EXIT.misuse);
  const by = taken.get(name);
  if (by !== undefined) throw new CliError(`"${name}" is taken: ${by}; choose another`, EXIT.misuse);
}
