import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../localstack/paths.js';

export interface ReadmeCommand {
  readonly program: './sluice' | 'npx cdk';
  readonly command: string;
  /** The whole line, as a shell would run it. */
  readonly line: string;
}

/** The shell blocks of the README, each as its text. */
export const readmeBlocks = (): string[] => [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

/** Commands of the blocks that need no AWS account, in order. */
export function localCommands(): ReadmeCommand[] {
  return readmeBlocks()
    .filter((block) => !block.includes('# AWS:'))
    .flatMap((block) =>
      [...block.matchAll(/^(\.\/sluice|npx cdk) ([a-z]+).*$/gm)].map(([line, program, command]) => ({
        program: program as ReadmeCommand['program'],
        command: command ?? '',
        line,
      })),
    );
}

/** Commands of the blocks that are marked as AWS's, in order, each as a shell would run it. */
export const awsCommands = (): string[] =>
  readmeBlocks()
    .filter((block) => block.includes('# AWS:'))
    .flatMap((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')));

/** A clone as git would make it of what is here, uncommitted changes included: nothing installed, nothing made. */
export function cleanClone(folder: string): void {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
}
