import { execFileSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder, defaultHome } from '../../../../localstack/paths.js';
import { choosePort } from '../../../../localstack/ports.js';
import { findRunning } from '../../../../localstack/process.js';
import { bytes } from '../../../output.js';
import type { Finding } from './finding.js';

const GB = 1e9;
const NEEDED_DISK = 3 * GB;
const NEEDED_MEMORY = 6 * GB;

const attempt = (command: string, args: readonly string[]): string | null => {
  try {
    return execFileSync(command, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch {
    return null;
  }
};

function existingParent(folder: string): string {
  return existsSync(folder) ? folder : existingParent(dirname(folder));
}

/** Whether this machine has what Sluice needs. */
export async function diagnoseMachine(): Promise<Finding[]> {
  const home = defaultHome();
  const finding = (check: string, ok: boolean, found: string, remedy: string): Finding => ({ check, ok, found, remedy: ok ? '' : remedy });
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const python = [process.env.SLUICE_PYTHON, 'python3.11', 'python3']
    .flatMap((name) => (name ? [attempt(name, ['-c', 'import sys, venv, ensurepip; print(sys.version.split()[0])'])] : []))
    .find((version) => version?.startsWith('3.11'));
  const disk = statfsSync(existingParent(cacheFolder()));
  const free = disk.bavail * disk.bsize;
  const installed = ['node_modules', 'python', 'java17', 'jars', 'java25', 'trino'].filter((name) => existsSync(join(home.tools, name)));
  const findings = [
    finding('platform', process.platform === 'linux' || process.platform === 'darwin', `${process.platform} ${process.arch}`, 'use Linux, macOS or WSL'),
    finding('Node.js', major > 20 || (major === 20 && minor >= 12), process.versions.node, 'install Node.js 20.12 or newer'),
    finding('Python', python !== undefined, python ?? 'no 3.11 with venv', 'install Python 3.11 with venv, or set SLUICE_PYTHON'),
    finding('disk', free >= NEEDED_DISK, `${bytes(free)} free in ${cacheFolder()}`, `free ${bytes(NEEDED_DISK)}, or set SLUICE_CACHE to a folder on another disk`),
    finding('memory', totalmem() >= NEEDED_MEMORY, `${bytes(totalmem())}, ${bytes(freemem())} free`, `Sluice takes up to ${bytes(NEEDED_MEMORY)}: close other programs`),
    finding('installed', installed.length >= 4, installed.join(', ') || 'nothing yet', 'run ./sluice up: it installs what is missing'),
  ];
  for (const [name, port] of Object.entries({ 'front-door': 4566, kafka: 9092, trino: 8080 })) {
    if (findRunning(home, name)) continue;
    const { taken } = await choosePort(port);
    findings.push(finding(`port ${port}`, true, taken === null ? 'free' : `taken by ${taken}; another is chosen`, ''));
  }
  return findings;
}
