import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './paths.js';

/** A server of ours: how to start it. */
export interface Spec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Start time as the kernel tells it, so that a pid used again is not taken for ours. */
  readonly startedTicks: string | null;
  readonly log: string;
}

export const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Polls until `check` gives something, with a deadline. @throws Error from `describe` when it passes, or when `signal` says that it is of no use to wait */
export async function until<T>(
  check: () => Promise<T | undefined | null | false>,
  options: { timeoutMs: number; everyMs?: number; describe: () => string; signal?: AbortSignal | undefined },
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== null && result !== false) return result;
    if (options.signal?.aborted || Date.now() > deadline) throw new Error(options.describe());
    await sleep(options.everyMs ?? 100);
  }
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

const pidFile = (home: Home, name: string) => join(home.run, `${name}.pid`);
export const logFile = (home: Home, name: string): string => join(home.logs, `${name}.log`);

/** Whether that very process still lives. */
export function isAlive(running: Running): boolean {
  try {
    process.kill(running.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (isZombie(running.pid)) return false;
  return running.startedTicks === null || startTicks(running.pid) === running.startedTicks;
}

/** What the pid file says, if that process lives. */
export function findRunning(home: Home, name: string): Running | null {
  const file = pidFile(home, name);
  if (!existsSync(file)) return null;
  try {
    const running = JSON.parse(readFileSync(file, 'utf8')) as Running;
    if (isAlive(running)) return running;
  } catch {
    // Half-written by a start that was killed: as good as none.
  }
  return null;
}

/** Starts a process in a group of its own, its output in a log file, its pid in a pid file. It outlives us. */
export function startProcess(home: Home, spec: Spec): { running: Running; child: ChildProcess } {
  for (const folder of [home.run, home.logs, home.tmp]) mkdirSync(folder, { recursive: true });
  const log = logFile(home, spec.name);
  const output = openSync(log, 'a');
  const child = spawn(spec.command, [...spec.args], { cwd: spec.cwd ?? home.root, env: { ...process.env, ...spec.env }, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  child.unref();
  if (child.pid === undefined) throw new Error(`${spec.name}: ${spec.command} could not be started; is it installed? Run ./sluice doctor`);
  const running: Running = { name: spec.name, pid: child.pid, startedTicks: startTicks(child.pid), log };
  writeFileSync(pidFile(home, spec.name), JSON.stringify(running));
  return { running, child };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already.
    }
  }
}

/** Stops a process and its group: TERM, then KILL after `graceMs`. */
export async function stopProcess(home: Home, name: string, graceMs = 10_000): Promise<boolean> {
  const running = findRunning(home, name);
  if (running) {
    signalGroup(running.pid, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    while (isAlive(running) && Date.now() < deadline) await sleep(50);
    signalGroup(running.pid, 'SIGKILL');
    while (isAlive(running)) await sleep(20);
  }
  rmSync(pidFile(home, name), { force: true });
  return running !== null;
}

/** The last lines of a log. */
export function tail(file: string, lines: number): string {
  if (!existsSync(file)) return '';
  const { size } = statSync(file);
  const text = readFileSync(file, 'utf8').slice(size > 1_000_000 ? -1_000_000 : 0);
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Resident memory in bytes of a process group's leader and its children; 0 where the system does not tell. */
export function residentBytes(pid: number, withChildren = true): number {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    if (!withChildren) return Number(kib ?? 0) * 1024;
    return Number(kib ?? 0) * 1024 + children.reduce((sum, child) => sum + residentBytes(Number(child)), 0);
  } catch {
    return 0;
  }
}
