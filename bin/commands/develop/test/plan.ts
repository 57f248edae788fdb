import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';
import { CliError, EXIT } from '../../../output.js';
import { type Affected, affectedBy, type Repository } from './affected.js';
import { changedFiles } from './changed-files.js';
import type { Part, Parts } from './parts.js';

export interface TestOptions {
  readonly unit?: boolean;
  readonly faults?: boolean;
  /** What a change since this commit can affect; true: since the last one. */
  readonly changed?: string | true;
  /** A dataset whose own tests run, with those that hold every dataset to its contract. */
  readonly dataset?: string;
  /** How many kills the kill tests make. @default - their own number */
  readonly kills?: string;
}

/** What runs. */
export interface Plan {
  /** What shares a machine of any size, the longest first. */
  readonly light: readonly Part[];
  /** What starts lakes. */
  readonly lakes: readonly Part[];
  /** Short parts, which fill what lane is free at the end. */
  readonly templates: readonly Part[];
}

const UNIT = ['test/unit', 'datasets'];
/** What holds every dataset to its contract, contracts to each other, and files to the habits of the house. */
const OF_EVERY_DATASET = ['datasets/datasets.test.ts', 'test/unit/contracts.test.ts', 'test/unit/house.test.ts'];
const JOBS_OF_EVERY_DATASET = ['tests/test_modules.py', 'tests/test_fits.py'];
/** The templates' tests in so many parts: whichever lane is free takes the next. */
const INFRA_PARTS = 3;

const filesBelow = (folder: string, ending: string): string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
        .sort()
    : [];

/** The tests of this repository, as {@link affectedBy} asks for them. */
export const repository = (): Repository => ({
  readers: [...UNIT, 'test/infra'].flatMap((folder) => filesBelow(folder, '.test.ts')).filter((file) => /\bROOT\b/.test(readFileSync(join(ROOT, file), 'utf8'))),
  pythonTests: filesBelow('glue-jobs/tests', '.py')
    .map((file) => file.slice('glue-jobs/'.length))
    .filter((file) => /(^|\/)test_[^/]+$/.test(file)),
});

const unit = (parts: Parts): Part => parts.vitest('unit', ['run', ...UNIT]);
const infra = (parts: Parts): Part[] =>
  Array.from({ length: INFRA_PARTS }, (_, i) => parts.vitest(`infra ${i + 1} of ${INFRA_PARTS}`, ['run', 'test/infra', `--shard=${i + 1}/${INFRA_PARTS}`]));
/** The lake that most tests share is a part of its own; whichever lane is free first takes it, being the longest. */
const SHARED_LAKE = 'test/integration/one-lake.test.ts';
const integration = (parts: Parts): Part[] => [
  parts.vitest('one lake', ['run', SHARED_LAKE]),
  parts.vitest('integration', ['run', 'test/integration', '--exclude', SHARED_LAKE, '--no-file-parallelism']),
];

function ofChange(affected: Affected, onlyUnit: boolean, parts: Parts): Plan {
  const whole = affected.related === null;
  const apart = ['test/integration', 'test/faults', ...(affected.infra || onlyUnit ? ['test/infra'] : [])].flatMap((folder) => ['--exclude', `${folder}/**`]);
  const related = (affected.related ?? []).length === 0 ? [] : [parts.vitest('unit', ['related', '--run', '--passWithNoTests', ...apart, ...(affected.related ?? [])])];
  const beside = whole ? [unit(parts)] : related;
  if (onlyUnit) return { light: beside, lakes: [], templates: [] };
  const python = affected.pytest === null ? [parts.pytest()] : affected.pytest.length > 0 ? [parts.pytest(affected.pytest)] : [];
  return {
    light: [...python, ...(affected.lint ? [parts.lint()] : []), ...beside],
    lakes: affected.integration ? integration(parts) : [],
    templates: affected.infra ? infra(parts) : [],
  };
}

/** @throws CliError where there is no dataset of that name */
function ofOneDataset(name: string, parts: Parts): Plan {
  if (!existsSync(join(ROOT, 'datasets', name, 'contract.ts'))) throw new CliError(`--dataset ${name}: there is no datasets/${name}/contract.ts`, EXIT.misuse);
  const own = repository().pythonTests.filter((test) => test === `tests/datasets/test_${name}.py` || test.startsWith(`tests/datasets/${name}/`));
  return {
    light: [parts.pytest([...JOBS_OF_EVERY_DATASET, ...own]), parts.lint(), parts.vitest('unit', ['run', `datasets/${name}/`, ...OF_EVERY_DATASET])],
    lakes: [],
    templates: [],
  };
}

/** @throws CliError where `--changed` names no commit, `--dataset` no dataset */
export function planOf({ unit: onlyUnit, faults, changed, dataset }: TestOptions, parts: Parts, tell: (message: string) => void): Plan {
  if (dataset !== undefined) return ofOneDataset(dataset, parts);
  if (changed !== undefined) {
    const files = changedFiles(changed === true ? 'HEAD' : changed);
    tell(files.length === 0 ? 'no file differs: nothing runs' : `${files.length} files differ: what they can affect runs`);
    if (files.some((file) => file.startsWith('test/faults/'))) tell('of the kill tests, too; they run by ./sluice test --faults alone');
    return ofChange(affectedBy(files, repository()), onlyUnit === true, parts);
  }
  if (onlyUnit) return { light: [unit(parts)], lakes: [], templates: [] };
  if (faults) return { light: [], lakes: [parts.vitest('faults', ['run', 'test/faults', '--no-file-parallelism'])], templates: [] };
  return { light: [parts.pytest(), parts.lint(), unit(parts)], lakes: integration(parts), templates: infra(parts) };
}
