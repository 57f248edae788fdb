import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, ROOT } from '../paths.js';
import { findRunning, logFile, type Spec, startProcess, tail, until } from '../process.js';
import { awaitTrino, trinoSpec } from '../services/trino.js';
import type { Instance, Say } from './instance.js';

export const TSX = `file://${ROOT}/node_modules/tsx/dist/loader.mjs`;

/** A server of ours that is a Node program of this project. */
export const nodeSpec = (name: string, script: string, env: Record<string, string>): Spec => ({
  name,
  command: process.execPath,
  args: ['--max-old-space-size=192', '--import', TSX, join(ROOT, script)],
  env,
  cwd: ROOT,
});

const endOfLog = (home: Home, name: string): string => `Its log, ${logFile(home, name)}, ends with:\n${tail(logFile(home, name), 15)}`;

/** Starts a server and waits until it answers; leaves one alone that runs. @throws Error with the end of its log */
export async function start(home: Home, spec: Spec, ready: (describe: () => string, signal: AbortSignal) => Promise<void>, say: Say): Promise<void> {
  if (findRunning(home, spec.name)) return;
  const began = Date.now();
  const { child } = startProcess(home, spec);
  // A server that is gone is not waited for.
  const gone = new AbortController();
  child.once('exit', (code) => gone.abort(`exit ${code}`));
  const describe = () => {
    const what = gone.signal.aborted ? `ended at once (${gone.signal.reason})` : 'was not ready in time';
    return `${spec.name} ${what}. ${endOfLog(home, spec.name)}`;
  };
  await ready(describe, gone.signal);
  // Another's server may have answered in its place.
  if (gone.signal.aborted) throw new Error(describe());
  child.removeAllListeners('exit');
  say(`${spec.name} is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Waits until a server answers, whatever it says. */
export async function awaitHttp(url: string, describe: () => string, signal?: AbortSignal): Promise<void> {
  await until(
    async () => {
      try {
        return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).status < 500;
      } catch {
        return false;
      }
    },
    { timeoutMs: 60_000, describe, signal },
  );
}

/** Installs Trino where it is missing, then starts it. Rows flow meanwhile. */
export async function startTrino(home: Home, instance: Instance, say: Say): Promise<void> {
  if (findRunning(home, 'trino')) return;
  mkdirSync(home.logs, { recursive: true });
  await new Promise<void>((resolve, reject) => {
    const installer = spawn('sh', [join(ROOT, 'localstack', 'install', 'install.sh'), 'trino'], {
      env: { ...process.env, SLUICE_ROOT: ROOT },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    installer.once('error', reject);
    installer.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('Trino could not be installed (see above)'))));
  });
  await start(home, trinoSpec(home, instance.ports.trino, Number(new URL(instance.emulatorUrl).port)), (d, gone) => awaitTrino(instance.ports.trino, d, gone), say);
}

/** Waits until Trino answers, for commands that need it. */
export const trinoReady = (home: Home, instance: Instance): Promise<void> => awaitTrino(instance.ports.trino, () => `Trino is not ready. ${endOfLog(home, 'trino')}`);
