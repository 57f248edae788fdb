import { AsyncLocalStorage } from 'node:async_hooks';
import { sluiceProgram } from '../../bin/commands/program.js';
import { withNamesOfToday } from '../../bin/commands/renamed.js';
import { tellFailure } from '../../bin/failure.js';
import { say } from '../../bin/output.js';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Output {
  stdout: string;
  stderr: string;
}

/** What a command writes is its own, whatever else this process writes meanwhile. */
const written = new AsyncLocalStorage<Output>();
let catching = false;

function catchOutput(): void {
  if (catching) return;
  catching = true;
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream);
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const output = written.getStore();
      if (output === undefined) return (write as (...args: unknown[]) => boolean)(chunk, ...rest);
      output[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    }) as typeof stream.write;
    // As for a program that another one runs: rows are lines, and there is nobody to ask.
    Object.defineProperty(stream, 'isTTY', { value: false, configurable: true });
  }
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true });
}

/** One command at a time: there is one exit code. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * A command of the command line, run here: a process of its own takes two seconds of a core before it does anything.
 * Commands that end their process themselves are not for it.
 */
export function runHere(args: readonly string[]): Promise<CommandResult> {
  const mine = turn.then(async () => {
    catchOutput();
    const output: Output = { stdout: '', stderr: '' };
    process.exitCode = undefined;
    await written.run(output, async () => {
      try {
        const program = await sluiceProgram();
        await program.parseAsync(withNamesOfToday(args, say), { from: 'user' });
      } catch (error) {
        tellFailure(error);
      }
    });
    const code = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    return { code, ...output };
  });
  turn = mine.catch(() => undefined);
  return mine;
}
