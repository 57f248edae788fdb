import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPort } from '../../localstack/ports.js';
import { until } from '../../localstack/process.js';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/sbin', '/opt/homebrew/bin'];
const programAt = (name: string): string | undefined => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));

export type ResolverName = 'dnsmasq' | 'unbound' | 'named';

interface Plan {
  readonly config: string;
  readonly args: (config: string, port: number) => readonly string[];
}

/**
 * Each resolver on loopback, with a list and nothing to ask: what the list does not answer is sent to a port of this
 * machine where nobody listens, so that no packet leaves it.
 */
const PLANS: Readonly<Record<ResolverName, (folder: string, list: string, port: number, closed: number) => Plan>> = {
  dnsmasq: (folder, list, port) => ({
    config: [
      `port=${port}`,
      'listen-address=127.0.0.1',
      'bind-interfaces',
      'no-resolv',
      'no-hosts',
      'no-poll',
      'cache-size=0',
      'user=root',
      `pid-file=${folder}/pid`,
      `conf-file=${list}`,
    ].join('\n'),
    args: (config) => ['--keep-in-foreground', `--conf-file=${config}`],
  }),
  unbound: (folder, list, port, closed) => ({
    config: [
      'server:',
      `  interface: 127.0.0.1@${port}`,
      '  access-control: 127.0.0.0/8 allow',
      '  do-not-query-localhost: no',
      '  module-config: "iterator"',
      '  username: ""',
      '  chroot: ""',
      `  directory: "${folder}"`,
      `  pidfile: "${folder}/pid"`,
      '  use-syslog: no',
      '  do-daemonize: no',
      // Its own zone for example.test and the like would answer for our reserved names.
      '  unblock-lan-zones: yes',
      '  local-zone: "test." transparent',
      '  local-zone: "invalid." transparent',
      `include: "${list}"`,
      'remote-control:',
      '  control-enable: no',
      'forward-zone:',
      '  name: "."',
      `  forward-addr: 127.0.0.1@${closed}`,
    ].join('\n'),
    args: (config) => ['-d', '-c', config],
  }),
  named: (folder, list, port, closed) => ({
    config: [
      'options {',
      `  directory "${folder}";`,
      `  pid-file "${folder}/pid"; session-keyfile "${folder}/key"; lock-file none;`,
      `  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };`,
      `  recursion yes; forward only; forwarders { 127.0.0.1 port ${closed}; };`,
      '  dnssec-validation no; empty-zones-enable no;',
      '  response-policy { zone "lists.sluice"; } qname-wait-recurse no;',
      '};',
      'controls { };',
      `zone "lists.sluice" { type primary; file "${list}"; allow-query { none; }; notify no; };`,
    ].join('\n'),
    args: (config) => ['-f', '-c', config, '-n', '1'],
  }),
};

export const hasResolver = (name: ResolverName): boolean => programAt(name) !== undefined;

/** A resolver that runs, with a list loaded. */
export class RunningResolver {
  private constructor(
    readonly name: ResolverName,
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param probe a name that the list blocks */
  static async start(name: ResolverName, list: string, probe: string): Promise<RunningResolver> {
    const program = programAt(name);
    if (program === undefined) throw new Error(`${name} is not installed`);
    const folder = mkdtempSync(join(tmpdir(), `sluice-${name}-`));
    mkdirSync(folder, { recursive: true });
    const [port, closed] = [await anyPort(), await anyPort()];
    const plan = PLANS[name](folder, list, port, closed);
    const config = join(folder, 'conf');
    writeFileSync(config, `${plan.config}\n`);
    const output: Buffer[] = [];
    const child = spawn(program, [...plan.args(config, port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
    const running = new RunningResolver(name, child, folder, port);
    try {
      await until(async () => child.exitCode === null && (await running.blocks(probe)), {
        timeoutMs: 60_000,
        describe: () => `${name} did not come to block ${probe}: ${Buffer.concat(output).toString('utf8').slice(-2_000)}`,
      });
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  /** Whether the list answers for a name: NXDOMAIN, no address, or the address that stands for nothing. */
  async blocks(name: string): Promise<boolean> {
    const resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${this.port}`]);
    try {
      return (await resolver.resolve4(name)).every((address) => address === '0.0.0.0');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // dnsmasq answers without an address, not NXDOMAIN, where the list has a name below the one that is asked for.
      if (code === 'ENOTFOUND' || code === 'ENODATA') return true;
      // Asked for what it does not have, with nobody to ask: refused or failed, but not blocked.
      if (code === 'EREFUSED' || code === 'ESERVFAIL') return false;
      if (code === 'ECONNREFUSED' || code === 'ETIMEOUT') return false;
      throw error;
    }
  }

  /** Names among `names` that the list does not answer for. */
  async notBlocked(names: readonly string[]): Promise<string[]> {
    const verdicts = await Promise.all(names.map((name) => this.blocks(name)));
    return names.filter((_, i) => verdicts[i] !== true);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Version of a resolver, for the record. */
export function versionOf(name: ResolverName): string {
  const program = programAt(name);
  if (program === undefined) return 'not installed';
  const [flag] = { dnsmasq: ['--version'], unbound: ['-V'], named: ['-v'] }[name] as [string];
  return (execFileSync(program, [flag], { encoding: 'utf8' }).split('\n')[0] ?? '').trim();
}
