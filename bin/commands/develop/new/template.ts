import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CliError, EXIT } from '../../../output.js';
import { type Names, ofDataset, type Parent } from './names.js';

const TEMPLATES = join('templates', 'dataset');

/** A file that is made. */
export interface NewFile {
  /** Below the project's folder. */
  readonly path: string;
  readonly text: string;
}

/** Kinds that there are templates of. */
export const kindsIn = (root: string): string[] => readdirSync(join(root, TEMPLATES)).sort();

/** @throws CliError naming the kinds there are */
export function assertKind(kind: string, root: string): void {
  const kinds = kindsIn(root);
  if (!kinds.includes(kind)) throw new CliError(`--kind ${kind}: there are ${kinds.join(', ')}`, EXIT.misuse);
}

/** The files of a kind's templates, for a dataset with this name. @param parent of one that is derived @throws CliError where one is there already */
export function filesOf(kind: string, names: Names, parent: Parent | null, root: string): NewFile[] {
  const folder = join(root, TEMPLATES, kind);
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: ofDataset(relative(folder, file), names), text: ofDataset(readFileSync(file, 'utf8'), names, parent) }));
  const there = files.find(({ path }) => existsSync(join(root, path)));
  if (there) throw new CliError(`${there.path} is there already: nothing was made`, EXIT.misuse);
  return files;
}
