import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../localstack/paths.js';

const work = mkdtempSync(join(tmpdir(), 'sluice install '));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Runs a script of the installer with some programs replaced by others. */
function runWith(name: string, fakes: Record<string, string>, command: readonly string[], env: Record<string, string> = {}) {
  const bin = join(work, name);
  mkdirSync(bin, { recursive: true });
  for (const [program, body] of Object.entries(fakes)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const result = spawnSync('sh', [...command], { encoding: 'utf8', env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, SLUICE_ROOT: ROOT, ...env } });
  return { code: result.status, stderr: result.stderr.trim() };
}
const sluice = [join(ROOT, 'sluice'), 'up'];
const install = (part: string) => [join(ROOT, 'localstack', 'install', 'install.sh'), part];
const elsewhere = (name: string) => {
  // A clone of its own: what is installed here must not be seen.
  const root = join(work, `${name} root`);
  mkdirSync(join(root, 'localstack'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'localstack/install']) symlinkSync(join(ROOT, file), join(root, file));
  return { SLUICE_ROOT: root, SLUICE_CACHE: join(work, `${name} cache`) };
};

describe('before anything is installed', () => {
  test('native Windows gets one clear line', () =>
    expect(runWith('windows', { uname: 'echo MINGW64_NT-10.0' }, sluice)).toEqual({
      code: 1,
      stderr: 'sluice: native Windows is not supported; run it inside WSL (wsl --install)',
    }));

  test('a Node.js that is too old is named, with what to do', () => {
    const { code, stderr } = runWith('node', { node: 'case "$1" in --version) echo v18.1.0 ;; *) exit 1 ;; esac' }, sluice);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^sluice: Node\.js 20\.12 or newer is needed, found v18\.1\.0: install it/)]);
  });

  test('a missing Python 3.11 is named, with what to do', () => {
    const none = { python: 'exit 1', python3: 'if [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi', 'python3.11': 'exit 1', npm: 'exit 0' };
    const { code, stderr } = runWith('python', none, install('base'), elsewhere('python'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Python 3\.11 with venv is needed .*, found Python 3\.9\.2: install it, or set SLUICE_PYTHON/);
  });

  test('download and disk are told before anything starts', () =>
    expect(runWith('plan', {}, install('plan'), elsewhere('plan')).stderr).toMatch(
      /to fetch: Node packages \(90 MB\), Spark and Python .* MB to download, \d+ MB on disk in .*plan cache/,
    ));

  test('too little disk is named, with what to do', () => {
    const { code, stderr } = runWith('disk', { df: 'echo head; echo "x 1 1 1048576 1% /"' }, install('plan'), elsewhere('disk'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/only 1024 MB are free there, \d+ are needed: free some, or set SLUICE_CACHE/)]);
  });

  test('a download that fails says so, and that the next try goes on', () => {
    const { code, stderr } = runWith('network', { npm: 'echo "network is unreachable" >&2; exit 1' }, install('node'), elsewhere('network'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/network is unreachable[\s\S]*installing Node packages failed \(see above\)\. Run the command again: what was fetched is kept/);
  });

  test('a half-finished install whose process died is taken up again', () => {
    const env = elsewhere('half');
    expect(runWith('half', { npm: 'kill -9 $PPID; sleep 1; exit 1' }, install('node'), env).code).not.toBe(0);
    const { code, stderr } = runWith('half', { npm: 'mkdir -p node_modules/tsx; exit 0' }, install('node'), env);
    expect([code, stderr]).toEqual([0, expect.stringContaining('installed Node packages')]);
  });
});
