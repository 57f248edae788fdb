import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractsJson } from '../bin/contracts-json.js';
import { DELTA_CONF, driverPython, sparkProfile, submitArguments } from '../localstack/front-door/spark-profile.js';
import { defaultHome, ROOT } from '../localstack/paths.js';
import { filesOf } from './former.js';

/** A build of the project, whose Spark code a driver runs. */
export interface Build {
  readonly name: string;
  /** Folder of a checkout. */
  readonly root: string;
  /** File of its compiled contracts. */
  readonly contracts: string;
}

/** This build. @param work a folder for its contracts */
export function today(work: string): Build {
  const contracts = join(work, 'contracts.json');
  writeFileSync(contracts, contractsJson());
  return { name: 'today', root: ROOT, contracts };
}

/** The build of a commit: its files in a folder, unless they are there already, and the contracts as it compiles them. */
export function formerBuild(commit: string, root: string): Build {
  const contracts = join(root, 'contracts.compiled.json');
  if (!existsSync(contracts)) {
    filesOf(commit, root);
    const script = "import('./bin/contracts-json.ts').then((m) => process.stdout.write(m.contractsJson()))";
    writeFileSync(contracts, execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root, maxBuffer: 1024 ** 3 }));
  }
  return { name: commit, root, contracts };
}

/**
 * Runs a program of `bench/` as a driver of this machine is run, with the Spark code of a build.
 *
 * @param work where it keeps what it needs for itself
 * @returns what it prints
 * @throws Error where it ends badly
 */
export async function drive(script: string, { name, root, contracts }: Build, args: readonly string[], work: string): Promise<string> {
  const home = defaultHome();
  const conf = { ...sparkProfile(home, { s3Endpoint: 'http://127.0.0.1:9', uiPort: 0, memory: '1400m', runTmp: work }), 'spark.ui.enabled': 'false', ...DELTA_CONF };
  const child = spawn(driverPython(home), [join(ROOT, 'bench', script), ...args], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      JAVA_HOME: join(home.tools, 'java17'),
      PYSPARK_SUBMIT_ARGS: submitArguments(conf),
      PYTHONPATH: join(root, 'glue-jobs'),
      SLUICE_CONTRACTS: contracts,
      SPARK_LOCAL_IP: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${script} of ${name} ended with ${code}`);
  return Buffer.concat(output).toString('utf8');
}
