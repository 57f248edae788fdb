import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPort } from '../../localstack/ports.js';
import { until } from '../../localstack/process.js';
import { Client, isBlocked, NXDOMAIN, type RecordType, Upstream } from './dns.js';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/sbin', '/opt/homebrew/bin'];
const programAt = (name: string): string | undefined => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));

export type ResolverName = 'dnsmasq' | 'unbound' | 'named' | 'kresd' | 'pdns_recursor';

interface Plan {
  readonly config: string;
  /** @default 'conf' */
  readonly configName?: string;
  readonly args: (config: string, port: number) => readonly string[];
  /** What a server says when it has taken the whole list, where it answers before. @default - it answers once it has */
  readonly saysWhenLoaded?: string;
}

/**
 * Each resolver on loopback, with a list: what the list does not answer is asked of one server of this machine, so that
 * no packet leaves it, and what the list lets through is seen.
 */
const PLANS: Readonly<Record<ResolverName, (folder: string, list: string, port: number, upstream: number) => Plan>> = {
  dnsmasq: (folder, list, port, upstream) => ({
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
      `server=127.0.0.1#${upstream}`,
      // It asks for no more than so many names at once.
      'dns-forward-max=2000',
      `conf-file=${list}`,
    ].join('\n'),
    args: (config) => ['--keep-in-foreground', `--conf-file=${config}`],
  }),
  unbound: (folder, list, port, upstream) => ({
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
      `  forward-addr: 127.0.0.1@${upstream}`,
    ].join('\n'),
    args: (config) => ['-d', '-c', config],
  }),
  named: (folder, list, port, upstream) => ({
    config: [
      'options {',
      `  directory "${folder}";`,
      `  pid-file "${folder}/pid"; session-keyfile "${folder}/key"; lock-file none;`,
      `  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };`,
      `  recursion yes; forward only; forwarders { 127.0.0.1 port ${upstream}; };`,
      '  dnssec-validation no; empty-zones-enable no;',
      '  response-policy { zone "lists.sluice"; } qname-wait-recurse no;',
      '};',
      'controls { };',
      `zone "lists.sluice" { type primary; file "${list}"; allow-query { none; }; notify no; };`,
    ].join('\n'),
    args: (config) => ['-g', '-c', config, '-n', '1'],
    saysWhenLoaded: 'rpz: lists.sluice: reload done: success',
  }),
  kresd: (folder, list, port, upstream) => ({
    config: [
      `net.listen('127.0.0.1', ${port}, { kind = 'dns' })`,
      "trust_anchors.remove('.')",
      // Our reserved names are answered for by nobody but the list.
      'policy.special_names = {}',
      `cache.open(10 * MB, 'lmdb://${folder}/cache')`,
      `local upstream = policy.STUB('127.0.0.1@${upstream}')`,
      // What is passed through meets no later rule: it would be asked of the root, and of nobody else.
      `local list = policy.rpz(policy.DENY, '${list}')`,
      'policy.add(function (request, query)',
      '  local action = list(request, query)',
      '  if action == policy.PASS then return upstream end',
      '  return action',
      'end)',
      'policy.add(policy.all(upstream))',
      "modules.load('hints')",
      "hints.root({ ['a.root-servers.net.'] = { '127.0.0.1' } })",
    ].join('\n'),
    args: (config) => ['-n', '-q', '-c', config, folder],
  }),
  pdns_recursor: (folder, list, port, upstream) => {
    writeFileSync(join(folder, 'rpz.lua'), `rpzFile("${list}", { policyName = "lists" })\n`);
    return {
      config: [
        'local-address=127.0.0.1',
        `local-port=${port}`,
        // Relative to where it is started: a socket's path has a hundred characters, and folders of tests are deep.
        'socket-dir=.',
        'daemon=no',
        'dnssec=off',
        'threads=1',
        // It asks no loopback address by itself.
        'dont-query=',
        'disable-packetcache=yes',
        'serve-rfc1918=no',
        `forward-zones-recurse=.=127.0.0.1:${upstream}`,
        `lua-config-file=${folder}/rpz.lua`,
      ].join('\n'),
      configName: 'recursor.conf',
      args: () => [`--config-dir=${folder}`],
    };
  },
};

export const hasResolver = (name: ResolverName): boolean => programAt(name) !== undefined;

const AT_ONCE = 50;

/** A resolver that runs, with a list loaded. */
export class RunningResolver {
  private constructor(
    readonly name: ResolverName,
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly client: Client,
    private readonly upstream: Upstream,
  ) {}

  /** @param probe a name that the list blocks */
  static async start(name: ResolverName, list: string, probe: string): Promise<RunningResolver> {
    const program = programAt(name);
    if (program === undefined) throw new Error(`${name} is not installed`);
    const folder = mkdtempSync(join(tmpdir(), `sluice-${name}-`));
    mkdirSync(folder, { recursive: true });
    const [port, upstream] = [await anyPort(), await Upstream.start()];
    const plan = PLANS[name](folder, list, port, upstream.port);
    const config = join(folder, plan.configName ?? 'conf');
    writeFileSync(config, `${plan.config}\n`);
    const output: Buffer[] = [];
    const child = spawn(program, [...plan.args(config, port)], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
    const running = new RunningResolver(name, child, folder, new Client(port), upstream);
    const told = () => Buffer.concat(output).toString('utf8');
    const said = () => told().slice(-2_000);
    try {
      await until(
        async () => {
          if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said()}`);
          if (plan.saysWhenLoaded && !told().includes(plan.saysWhenLoaded)) return false;
          // One that does not listen yet answers nothing: the next question is not far behind.
          const answer = running.client.ask(probe, 'A', { tries: 1, timeoutMs: 100 });
          return answer.then((given) => isBlocked(given, 'A')).catch(() => false);
        },
        { timeoutMs: 60_000, everyMs: 20, describe: () => `${name} did not come to block ${probe}: ${said()}` },
      );
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  /** Whether the list answers for a name: NXDOMAIN, nothing, or the address that stands for nothing; or upstream does. */
  async blocks(name: string, type: RecordType = 'A'): Promise<boolean> {
    return isBlocked(await this.client.ask(name, type), type);
  }

  /** Whether a name leads nowhere: it is no name, has no address, or that which stands for nothing. What is rewritten leads elsewhere. */
  async leadsNowhere(name: string): Promise<boolean> {
    const answer = await this.client.ask(name, 'A').catch(() => null);
    return answer !== null && (answer.rcode === NXDOMAIN || (answer.rcode === 0 && answer.data.every((address) => address.every((byte) => byte === 0))));
  }

  /** The verdict on each of many names, some at a time. */
  async verdicts(names: readonly string[], type: RecordType = 'A'): Promise<boolean[]> {
    const verdicts: boolean[] = [];
    for (let i = 0; i < names.length; i += AT_ONCE) {
      const part = names.slice(i, i + AT_ONCE);
      verdicts.push(...(await Promise.all(part.map((each) => this.blocks(each, type)))));
    }
    return verdicts;
  }

  /** Names among `names` that the list does not answer for. */
  async notBlocked(names: readonly string[]): Promise<string[]> {
    const verdicts = await this.verdicts(names);
    return names.filter((_, i) => verdicts[i] !== true);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await gone;
    }
    this.client.stop();
    this.upstream.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Version of a resolver, for the record. */
export function versionOf(name: ResolverName): string {
  const program = programAt(name);
  if (program === undefined) return 'not installed';
  const [flag] = { dnsmasq: ['--version'], unbound: ['-V'], named: ['-v'], kresd: ['--version'], pdns_recursor: ['--version'] }[name] as [string];
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  return (`${stdout}${stderr}`.split('\n')[0] ?? '').replace(/^\w{3} \d+ [\d:]+ /, '').trim();
}
