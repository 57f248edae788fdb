/** Which tests a change can affect. */
export interface Affected {
  readonly lint: boolean;
  /** Files whose importers vitest looks for among the tests, and test files themselves; null where all of unit and datasets run. */
  readonly related: readonly string[] | null;
  readonly infra: boolean;
  /** Files below glue-jobs; null where all run, none where none does. */
  readonly pytest: readonly string[] | null;
  readonly integration: boolean;
}

/** What the repository has, as far as it is asked. */
export interface Repository {
  /** Test files that read the project's own files: any change may be theirs. */
  readonly readers: readonly string[];
  /** Test files of the Spark jobs, below glue-jobs. */
  readonly pythonTests: readonly string[];
}

const any =
  (...patterns: readonly RegExp[]) =>
  (file: string) =>
    patterns.some((pattern) => pattern.test(file));

const isTest = any(/\.test\.ts$/, /^glue-jobs\/tests\//);
/** Installs, compilers and runners: what they do to tests nobody can say. */
const isGround = any(/^(package|package-lock|tsconfig)\.json$/, /^vitest\.config\.ts$/, /^localstack\/install\//, /^sluice$/);
const isTypeScript = any(/\.ts$/);
/** What templates are made of; functions and jobs are in them by the hash of their code, and their calls are walked. */
const isDeployed = any(/^(contracts|datasets|lambdas|lib|glue-jobs)\//, /^cdk(\.context)?\.json$/, /^bin\/app\.ts$/);
/** What `contracts.json` is compiled from, and the rails, which run every dataset. */
const isOfAllJobs = any(/^contracts\//, /^datasets\/.*\.ts$/, /^glue-jobs\/(medallion\/|[^/]+$)/, /^glue-jobs\/tests\/(?!.*test_)[^/]+\.py$/);
const isOfLake = any(/^(contracts|datasets|lambdas|lib|glue-jobs|localstack|bin)\//, /^test\/(integration|support)\//, /^cdk\.json$/);

/** Test files of the Spark code of a dataset, by its name: `tests/datasets/NAME/...` or `tests/datasets/test_NAME.py`. */
function ofDataset(file: string, tests: readonly string[]): string[] {
  const name = /^glue-jobs\/(?:tests\/)?datasets\/(?:test_)?([a-z0-9_]+?)(?:\.py$|\/)/.exec(file)?.[1];
  return name === undefined ? [] : tests.filter((test) => test.startsWith(`tests/datasets/${name}/`) || test === `tests/datasets/test_${name}.py`);
}

/** Of one changed file of the Spark jobs that is not of all of them. */
function pythonTestsOf(file: string, tests: readonly string[]): readonly string[] {
  if (!file.startsWith('glue-jobs/')) return [];
  const below = file.slice('glue-jobs/'.length);
  return tests.includes(below) ? [below] : ofDataset(file, tests);
}

/** What has to run after some files have changed. */
export function affectedBy(files: readonly string[], { readers, pythonTests }: Repository): Affected {
  const some = (matches: (file: string) => boolean) => files.some(matches);
  if (files.length === 0) return { lint: false, related: [], infra: false, pytest: [], integration: false };
  if (some(isGround)) return { lint: true, related: null, infra: true, pytest: null, integration: true };
  const code = (matches: (file: string) => boolean) => some((file) => matches(file) && !isTest(file));
  const infra = code(isDeployed) || some((file) => file.startsWith('test/infra/'));
  // A file that no program imports may be read by any test: recordings, settings, pages.
  const unknown = some((file) => !isTypeScript(file) && !/^(docs|findings|bench)\/|\.(py|md)$/.test(file));
  const related = [...new Set([...files.filter(isTypeScript), ...readers])].sort();
  const python = [...new Set(files.flatMap((file) => pythonTestsOf(file, pythonTests)))].sort();
  return {
    lint: some(any(/\.(ts|py|json)$/)),
    related: unknown ? null : related,
    infra,
    pytest: code(isOfAllJobs) || some(any(/^contracts\/rule-vectors\.json$/, /^glue-jobs\/tests\/(?!.*test_)/)) ? null : python,
    integration: code(isOfLake) || some((file) => /^test\/(integration|support)\//.test(file)),
  };
}
