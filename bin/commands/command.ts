import { Command } from 'commander';

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/**
 * A command as its help tells of it.
 *
 * @param description what comes before its first stop stands in the list of all commands
 * @param examples whole lines for a shell; a test parses each by the command's own options
 */
export function newCommand(name: string, description: string, examples: readonly [string, ...string[]]): Command {
  const command = new Command(name)
    .description(description)
    .summary(description.split(/[;:.(]/)[0]?.trim() ?? description)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
  EXAMPLES.set(command, examples);
  return command;
}

/** The examples of a command; none where it has none, which a test refuses. */
export const examplesOf = (command: Command): readonly string[] => EXAMPLES.get(command) ?? [];

/** Commands that the help tells of together. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly (() => Command)[];
}

/** Puts a group's commands into the program, in their order. */
export function addGroup(program: Command, { title, commands }: CommandGroup): void {
  for (const make of commands) {
    const command = make();
    inherit(command, program);
    program.addCommand(command.helpGroup(title));
  }
}

/** What is set for the program holds for a command, and for those below it. */
function inherit(command: Command, from: Command): void {
  command.copyInheritedSettings(from);
  for (const below of command.commands) inherit(below, command);
}
