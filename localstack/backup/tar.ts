import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BackupError } from './manifest.js';

/** Runs tar. @throws BackupError with what it said */
export function tar(args: readonly string[]): { output: Readable; ended: Promise<void> } {
  const child = spawn('tar', [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(new BackupError(`tar could not be run: ${cause.message}`)));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new BackupError(said.trim() || `tar ended with ${code}`))));
  });
  return { output: child.stdout, ended };
}
