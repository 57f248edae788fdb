import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { assertSomebodyToAsk, type Confirmation, confirm, type Terminal } from '../../bin/ask.js';

/** A terminal on which something was typed already; `null` closes it without an answer. */
function typed(text: string | null, isTTY = true): Terminal & { readonly shown: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  if (text === null) input.end();
  else input.write(text);
  return { input, output, shown: () => String(output.read() ?? '') };
}

const ask = (terminal: Terminal, changes: Partial<Confirmation> = {}) => confirm('Remove?', { yes: false, otherwise: 'nothing was removed', ...changes }, terminal);
const REFUSED = { message: 'nothing was removed', exitCode: 1 };

describe('a question before something that is not taken back', () => {
  test.each(['y\n', 'yes\n', ' YES \n'])('is answered by %j', async (answer) => {
    const terminal = typed(answer);
    await expect(ask(terminal)).resolves.toBeUndefined();
    expect(terminal.shown()).toBe('Remove? [y/N] ');
  });

  test.each(['\n', 'n\n', 'yesterday\n', 'ja\n'])('is refused by %j: what was not done is said, with 1', (answer) => expect(ask(typed(answer))).rejects.toMatchObject(REFUSED));

  test('is refused where the terminal is closed, and does not wait for ever', () => expect(ask(typed(null))).rejects.toMatchObject(REFUSED));

  test('asks for a word, where yes is too easily said', async () => {
    const terminal = typed('dev\n');
    await expect(ask(terminal, { word: 'dev' })).resolves.toBeUndefined();
    expect(terminal.shown()).toBe('Remove? Type dev: ');
    for (const answer of ['yes\n', 'DEV\n', 'de\n', 'dev2\n']) await expect(ask(typed(answer), { word: 'dev' })).rejects.toMatchObject(REFUSED);
  });

  test('is misuse where there is nobody to ask, and says how to go on', async () => {
    await expect(ask(typed('y\n', false))).rejects.toMatchObject({ message: 'nobody to ask here: add --yes', exitCode: 2 });
    await expect(ask(typed('y\n', false), { advice: 'look first' })).rejects.toMatchObject({ message: 'nobody to ask here: look first', exitCode: 2 });
    expect(() => assertSomebodyToAsk('look first', typed(null, false))).toThrow('nobody to ask here: look first');
    expect(() => assertSomebodyToAsk('look first', typed(null))).not.toThrow();
  });

  test('is not put where --yes was given', async () => {
    const terminal = typed('n\n', false);
    await expect(ask(terminal, { yes: true })).resolves.toBeUndefined();
    expect(terminal.shown()).toBe('');
  });
});
