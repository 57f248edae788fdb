import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from './output.js';

export interface Question {
  readonly text: string;
  /** The answer that agrees. @default - y or yes */
  readonly wanted?: RegExp;
  /** What is said where nobody is there to answer. */
  readonly alone: string;
}

/** Whether somebody at the terminal agrees; `--yes` has agreed already. @throws CliError where there is nobody to ask */
export async function agrees({ text, wanted = /^y(es)?$/i, alone }: Question, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new CliError(alone, EXIT.misuse);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return wanted.test((await prompt.question(text)).trim());
  } finally {
    prompt.close();
  }
}

const LOOK_FIRST = 'nobody to ask here: look with --dry-run, then add --yes';

/** Asks before stacks are changed. @throws CliError with `otherwise` where the answer is another, and where there is nobody to ask */
export async function confirm(text: string, wanted: RegExp, yes: boolean | undefined, otherwise: string): Promise<void> {
  if (!(await agrees({ text, wanted, alone: LOOK_FIRST }, yes))) throw new CliError(otherwise);
}
