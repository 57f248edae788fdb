import type { Command } from 'commander';

/** The words of a line as a shell would give them; a line of ours holds nothing that a shell computes but `$(...)`. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

/** The part of a line that calls us: `./sluice status --env` of `eval "$(./sluice status --env)"`. */
export const sluiceLine = (line: string): string => /\$\((\.\/sluice [^)]*)\)/.exec(line)?.[1] ?? line.slice(line.indexOf('./sluice'));

/** All commands below a program, those of commands among them; no action of theirs is run any more. */
export function disarmed(program: Command): Command[] {
  return program.commands.flatMap((command) => {
    if (command.name() === 'help') return [];
    command.action(() => undefined);
    return [command, ...disarmed(command)];
  });
}

/** The whole name of a command, without the program's. */
export const fullNameOf = (command: Command): string => (command.parent?.parent ? `${fullNameOf(command.parent)} ${command.name()}` : command.name());
