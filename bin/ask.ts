import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from './output.js';

/** Where a question is put and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/** Questions are no data: they go to stderr. */
const own = (): Terminal => ({ input: process.stdin, output: process.stderr });

export interface Confirmation {
  /** `--yes` was given: nobody is asked. */
  readonly yes: boolean | undefined;
  /** What was not done, where the answer is another. */
  readonly otherwise: string;
  /** What has to be typed. @default - y or yes */
  readonly word?: string;
  /** How to go on where there is nobody to ask. @default 'add --yes' */
  readonly advice?: string;
}

export const LOOK_FIRST = 'look with --dry-run, then add --yes';

/** @throws CliError where nobody can be asked: before work whose end is a question */
export function assertSomebodyToAsk(advice: string, { input }: Terminal = own()): void {
  if (!input.isTTY) throw new CliError(`nobody to ask here: ${advice}`, EXIT.misuse);
}

/**
 * Asks before something that is not taken back. Returns where it may be done.
 *
 * @throws CliError with `otherwise` where the answer is another, or none; misuse where there is nobody to ask
 */
export async function confirm(question: string, { yes, otherwise, word, advice = 'add --yes' }: Confirmation, terminal: Terminal = own()): Promise<void> {
  if (yes) return;
  assertSomebodyToAsk(advice, terminal);
  const prompt = createInterface(terminal);
  // A question is never answered once the terminal is closed (Ctrl-D, Ctrl-C): that is no answer, and no yes.
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  const asked = prompt.question(word === undefined ? `${question} [y/N] ` : `${question} Type ${word}: `);
  const answer = (await Promise.race([asked, closed])).trim();
  prompt.close();
  if (word === undefined ? !/^y(es)?$/i.test(answer) : answer !== word) throw new CliError(otherwise);
}
