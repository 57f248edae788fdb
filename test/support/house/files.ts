import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createSourceFile, ScriptTarget, type SourceFile } from 'typescript';
import { ROOT } from '../../../localstack/paths.js';

/** A file of ours. */
export interface CodeFile {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

const OTHERS = new Set(['node_modules', '__pycache__', '.sluice', '.git', '__snapshots__']);

function* below(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (OTHERS.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* below(path);
    else yield path;
  }
}

/** The files of some folders whose names end so. */
export const filesOf = (folders: readonly string[], ending: string): CodeFile[] =>
  folders.flatMap((folder) =>
    [...below(join(ROOT, folder))].filter((path) => path.endsWith(ending)).map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') })),
  );

export const parsed = ({ path, text }: CodeFile): SourceFile => createSourceFile(path, text, ScriptTarget.Latest, true);
