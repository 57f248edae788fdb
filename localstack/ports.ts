import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A port that the system gives. */
export function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: HOST }, () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port could be had'))));
    });
  });
}

export interface PortChoice {
  readonly port: number;
  /** Who holds the preferred port, where that one was not free. */
  readonly taken: string | null;
}

/** The preferred port where it is free, else another, with the owner of the preferred one. */
export async function choosePort(preferred: number): Promise<PortChoice> {
  if (await isFree(preferred)) return { port: preferred, taken: null };
  return { port: await anyPort(), taken: portOwner(preferred) };
}

/** `java (pid 123)`, as far as the system tells (Linux, own processes); else `another process`. */
export function portOwner(port: number): string {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const inodes = new Set(
      ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .slice(1)
          .map((line) => line.trim().split(/\s+/))
          .filter((f) => f[1]?.endsWith(`:${hex}`) && f[3] === '0A')
          .map((f) => f[9] ?? ''),
      ),
    );
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const holds = (() => {
        try {
          return readdirSync(`/proc/${pid}/fd`).some((fd) => {
            const target = safeLink(`/proc/${pid}/fd/${fd}`);
            const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
            return inode !== undefined && inodes.has(inode);
          });
        } catch {
          return false;
        }
      })();
      if (holds) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  } catch {
    // Not Linux: nobody to ask without another program.
  }
  return 'another process';
}

function safeLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
