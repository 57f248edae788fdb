import { execFileSync } from 'node:child_process';
import { ROOT } from '../../../../localstack/paths.js';
import { CliError, EXIT } from '../../../output.js';

/**
 * Files that differ from a commit, or from where this branch left it: committed since, changed, new, gone; below the
 * project's folder.
 *
 * @throws CliError where git knows no such commit
 */
export function changedFiles(since: string, folder = ROOT): string[] {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = (text: string) => text.split('\0').filter(Boolean);
  let base: string;
  try {
    base = git('merge-base', '--', 'HEAD', since).trim();
  } catch {
    throw new CliError(`--changed ${since}: git knows no such commit here, or it has nothing in common with this branch; for example --changed main`, EXIT.misuse);
  }
  return [...new Set([...lines(git('diff', '--name-only', '--no-renames', '-z', base)), ...lines(git('ls-files', '--others', '--exclude-standard', '-z'))])].sort();
}
