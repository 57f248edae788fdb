import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../localstack/paths.js';

/** The build of before issue 14, which its goals are held against. */
export const FORMER_COMMIT = 'cd86e88';

/** Writes the files of a commit to a folder, which is made, beside the libraries of this checkout. */
export function filesOf(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', ROOT, 'archive', '--format=tar', commit], { maxBuffer: 1024 ** 3 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
}

/**
 * Runs a benchmark in a checkout of another commit, with the tools of this one, and gives the last line of its output that is JSON.
 *
 * @param program below `bench/`; as it stands here, so that both builds are measured alike: of the rest it may use what both have
 * @throws Error where it ends badly or says nothing
 */
export async function inFormer<Result>(commit: string, program: string, args: readonly string[]): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-former-'));
  const checkout = join(folder, 'checkout');
  execFileSync('git', ['worktree', 'add', '--detach', checkout, commit], { cwd: ROOT, stdio: 'ignore' });
  try {
    mkdirSync(join(checkout, '.sluice'), { recursive: true });
    for (const shared of ['node_modules', join('.sluice', 'tools')]) {
      if (!existsSync(join(checkout, shared))) symlinkSync(join(ROOT, shared), join(checkout, shared));
    }
    copyFileSync(join(ROOT, 'bench', program), join(checkout, 'bench', program));
    return await lastJson<Result>(process.execPath, ['--import', 'tsx', join('bench', program), ...args], checkout);
  } finally {
    execFileSync('git', ['worktree', 'remove', '--force', checkout], { cwd: ROOT });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The last line of a program's output that is a JSON object. @throws Error where it ends badly, or there is none */
export function lastJson<Result>(command: string, args: readonly string[], cwd = ROOT, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      const text = Buffer.concat(chunks).toString('utf8');
      const line = text.split('\n').findLast((each) => each.startsWith('{'));
      if (code !== 0 || line === undefined) return reject(new Error(`${args.join(' ')} in ${cwd} ended with ${code}: ${text.slice(-300)}`));
      resolve(JSON.parse(line) as Result);
    });
  });
}
