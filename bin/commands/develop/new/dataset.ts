import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';
import { CliError, printJson, say } from '../../../output.js';
import { parentOf, takenNames } from './known.js';
import { namesOf, validateName } from './names.js';
import { registrations } from './register.js';
import { assertKind, filesOf, type NewFile } from './template.js';

export interface Wish {
  readonly name: string;
  readonly kind: string;
  /** Of a derived dataset: where its rows come from. */
  readonly from?: string;
}

/** The files that are made from the contracts, made anew, and all formatted: by a process that finds the new dataset. */
function makeGenerated(root: string): void {
  const { status, stdout, stderr } = spawnSync(join(root, 'sluice'), ['format'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (status !== 0) throw new CliError(`the files are made, but ./sluice format failed:\n${stdout}${stderr}`);
}

/** Copies the templates of a kind, and lists the dataset where datasets are listed. All or nothing is written. */
export function newDataset({ name, kind, from }: Wish, json: boolean, root = ROOT): void {
  assertKind(kind, root);
  validateName(name, takenNames());
  const names = namesOf(name);
  const files = filesOf(kind, names, parentOf(kind, from), root);
  const lists = registrations(files, names, root);
  for (const { path, text } of [...files, ...lists]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  makeGenerated(root);
  if (json) printJson({ name, kind, made: files.map(({ path }) => path), changed: lists.map(({ path }) => path) });
  else tell(name, files, lists);
}

function tell(name: string, files: readonly NewFile[], lists: readonly NewFile[]): void {
  for (const { path } of files) process.stdout.write(`made\t${path}\n`);
  for (const { path } of lists) process.stdout.write(`changed\t${path}\n`);
  say(`dataset ${name} is made: say in datasets/${name} what it is, in glue-jobs/datasets/${name}.py what Gold has; docs/adding-a-dataset.md leads through it`);
  say(`then: ./sluice format (after each change of the contract), ./sluice test --dataset ${name}, ./sluice up`);
}
