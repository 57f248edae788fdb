import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../../localstack/paths.js';
import { contractsJson, ruleVectorSql } from '../../../contracts-json.js';
import { EXIT } from '../../../output.js';
import { LINTERS, type Tool } from '../lint/tools.js';
import { BROKEN, NOTHING, type Outcome } from './outcome.js';
import { ofPytest, ofVitest } from './reports.js';

/** Where a part's programs write. */
export type Write = (chunk: Uint8Array) => void;

/** Tests that run by themselves. */
export interface Part {
  readonly name: string;
  run(write: Write): Promise<Outcome>;
}

const TOOLS = join(ROOT, '.sluice', 'tools');

export interface PartDeps {
  /** The run's own folder, removed when it ends. */
  readonly work: string;
  /** Where what is run keeps temporary files. */
  readonly temporaryFolder: string;
  /** How many files vitest runs at a time. */
  readonly workers: number;
}

/** The parts of a run. */
export class Parts {
  constructor(private readonly deps: PartDeps) {}

  private run(command: string, args: readonly string[], write: Write, env: Readonly<Record<string, string>> = {}, cwd = ROOT): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, [...args], {
        cwd,
        env: { ...process.env, TMPDIR: this.deps.temporaryFolder, SLUICE_RUN_FOLDER: join(this.deps.work, 'kept'), NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', write);
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? EXIT.failed));
    });
  }

  /** Downloads that have no place inside a test's deadline. */
  install(script: 'install.sh' | 'resolvers.sh', ...args: readonly string[]): Promise<number> {
    return this.run('sh', [join(ROOT, 'localstack', 'install', script), ...args], (chunk) => process.stderr.write(chunk), { SLUICE_ROOT: ROOT });
  }

  lint(): Part {
    const tool = ([command, ...args]: Tool, write: Write) => this.run(command, args, write, { RUFF_NO_CACHE: 'true' });
    return {
      name: 'lint',
      run: async (write) => {
        let passed = 0;
        for (const each of LINTERS) if ((await tool(each, write)) === 0) passed++;
        return { ...NOTHING, passed, failed: LINTERS.length - passed };
      },
    };
  }

  /** Vitest. @param args what it runs, and how */
  vitest(name: string, args: readonly string[]): Part {
    const report = join(this.deps.work, `${name.replaceAll(/\W+/g, '-')}.json`);
    const program = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const common = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, `--maxWorkers=${this.deps.workers}`];
    return {
      name,
      run: async (write) => {
        const code = await this.run(process.execPath, [program, ...args, ...common], write);
        // Where nothing is related to a change, it ends well and says nothing.
        if (!existsSync(report)) return code === 0 ? NOTHING : BROKEN;
        return ofVitest(readFileSync(report, 'utf8'), ROOT);
      },
    };
  }

  /** @param files below glue-jobs; all where there is none */
  pytest(files: readonly string[] = []): Part {
    const { work } = this.deps;
    return {
      name: 'pytest',
      run: async (write) => {
        const [report, contracts, sql] = [join(work, 'pytest.xml'), join(work, 'contracts.json'), join(work, 'rule-sql.json')];
        writeFileSync(contracts, contractsJson());
        writeFileSync(sql, ruleVectorSql());
        mkdirSync(join(work, 'pytest'), { recursive: true });
        const env = { JAVA_HOME: join(TOOLS, 'java17'), SLUICE_CONTRACTS: contracts, SLUICE_RULE_SQL: sql, PYTHONDONTWRITEBYTECODE: '1' };
        const args = ['-m', 'pytest', '-q', `--junitxml=${report}`, `--basetemp=${join(work, 'pytest', 'base')}`, ...files];
        const code = await this.run(join(TOOLS, 'python', 'bin', 'python'), args, write, env, join(ROOT, 'glue-jobs'));
        return existsSync(report) ? ofPytest(readFileSync(report, 'utf8'), code) : BROKEN;
      },
    };
  }
}
