import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type HttpSource, keepsPast } from '../contracts/index.js';
import { httpSources } from '../datasets/index.js';
import { requireWholeData } from './backup.js';
import { generateFeeds } from './feeds/generate.js';
import { findRecording, hasPast } from './feeds/server.js';
import type { RunRecord } from './gateway/glue-runs.js';
import { localName, sdkSettings } from './identity.js';
import { type Home, ROOT } from './paths.js';
import { choosePort } from './ports.js';
import { findRunning, isAlive, logFile, type Spec, startProcess, stopProcess, tail, until } from './process.js';
import { awaitEmulator, emulatorSpec, LOCAL_CREDENTIALS } from './services/emulator.js';
import { awaitKafka, kafkaSpec } from './services/kafka.js';
import { awaitTrino, trinoSpec } from './services/trino.js';

export interface Ports {
  readonly door: number;
  readonly emulator: number;
  readonly kafka: number;
  readonly controller: number;
  readonly trino: number;
  readonly feeds: number;
}

/** What is remembered of the AWS on this machine between commands. */
export interface StackState {
  readonly ports: Ports;
  /** The emulator's address: ours, or the one given with `--aws`. */
  readonly emulatorUrl: string;
  readonly ownEmulator: boolean;
  readonly feeds: 'recorded' | 'live';
}

const PREFERRED: Ports = { door: 4566, emulator: 4567, kafka: 9092, controller: 9093, trino: 8080, feeds: 4570 };
const STATE_FILE = 'stack.json';
const TSX = `file://${ROOT}/node_modules/tsx/dist/loader.mjs`;

export type Say = (message: string) => void;

export interface UpOptions {
  readonly feeds: 'recorded' | 'live';
  /** An emulator that runs already (LocalStack, MiniStack). @default - one is started */
  readonly awsUrl?: string;
  /** Variables for the CDK app, as in `.env.example`. */
  readonly deployEnv?: Readonly<Record<string, string>>;
}

export const doorUrl = ({ ports }: StackState): string => `http://127.0.0.1:${ports.door}`;
export const trinoUrl = ({ ports }: StackState): string => `http://127.0.0.1:${ports.trino}`;

/** An SDK client of the AWS on this machine. */
export function client<T>(Client: new (config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } }) => T, state: StackState): T {
  return new Client(sdkSettings(doorUrl(state)));
}

export function readState(home: Home): StackState | null {
  const file = join(home.run, STATE_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StackState) : null;
}

/** Keeps the ports of the last time where they are free or still ours; names the owner of each that is not. */
async function ports(home: Home, say: Say): Promise<Ports> {
  const last = readState(home)?.ports;
  const ours: Record<keyof Ports, string> = { door: 'door', emulator: 'aws', kafka: 'kafka', controller: 'kafka', trino: 'trino', feeds: 'feeds' };
  const chosen: Partial<Record<keyof Ports, number>> = {};
  for (const name of Object.keys(PREFERRED) as (keyof Ports)[]) {
    const wanted = last?.[name] ?? PREFERRED[name];
    if (last && findRunning(home, ours[name])) {
      chosen[name] = wanted;
      continue;
    }
    const { port, taken } = await choosePort(wanted);
    if (taken !== null) say(`port ${wanted} (${name}) is taken by ${taken}; using ${port} instead`);
    chosen[name] = port;
  }
  return chosen as Ports;
}

async function start(home: Home, spec: Spec, ready: (describe: () => string, signal: AbortSignal) => Promise<void>, say: Say): Promise<void> {
  if (findRunning(home, spec.name)) return;
  const began = Date.now();
  const { child } = startProcess(home, spec);
  // A server that is gone is not waited for.
  const gone = new AbortController();
  child.once('exit', (code) => gone.abort(`exit ${code}`));
  const describe = () => {
    const what = gone.signal.aborted ? `ended at once (${gone.signal.reason})` : 'was not ready in time';
    return `${spec.name} ${what}. Its log, ${logFile(home, spec.name)}, ends with:\n${tail(logFile(home, spec.name), 15)}`;
  };
  await ready(describe, gone.signal);
  // Another's server may have answered in its place.
  if (gone.signal.aborted) throw new Error(describe());
  child.removeAllListeners('exit');
  say(`${spec.name} is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Folders that the feed server looks into: `SLUICE_FEEDS`, else the generated ones. */
export function feedFolders(home: Home, env: NodeJS.ProcessEnv): string[] {
  const generated = join(home.data, 'feeds');
  // A clone that has gained sources needs their recordings too.
  const isRecorded = (source: HttpSource) => findRecording(generated, source.name) !== null && (!keepsPast(source) || hasPast(generated, source.name));
  if (!httpSources().every(({ source }) => isRecorded(source))) generateFeeds(generated);
  return [...(env.SLUICE_FEEDS ? [env.SLUICE_FEEDS] : []), generated];
}

const nodeSpec = (name: string, script: string, env: Record<string, string>): Spec => ({
  name,
  command: process.execPath,
  args: ['--max-old-space-size=192', '--import', TSX, join(ROOT, script)],
  env,
  cwd: ROOT,
});

/** Starts everything and deploys the CDK app. Where something runs already it is left alone. */
export async function up(home: Home, options: UpOptions, say: Say): Promise<StackState> {
  requireWholeData(home);
  mkdirSync(home.run, { recursive: true });
  const chosen = await ports(home, say);
  const emulatorUrl = options.awsUrl ?? `http://127.0.0.1:${chosen.emulator}`;
  const state: StackState = { ports: chosen, emulatorUrl, ownEmulator: options.awsUrl === undefined, feeds: options.feeds };
  writeFileSync(join(home.run, STATE_FILE), JSON.stringify(state, null, 1));

  const trino = startTrino(home, state, say);
  // Reported where it is awaited; until then it must not end the process.
  trino.catch(() => undefined);
  // Synth needs no server: it goes on while they start.
  const assembly = synth(home, state, options.deployEnv ?? {});
  assembly.catch(() => undefined);
  await Promise.all([
    state.ownEmulator ? start(home, emulatorSpec(home, chosen.emulator, chosen.door), (d, gone) => awaitEmulator(chosen.emulator, d, gone), say) : awaitEmulatorUrl(emulatorUrl),
    start(home, kafkaSpec(home, chosen.kafka, chosen.controller), (d, gone) => awaitKafka(chosen.kafka, d, gone), say),
    start(
      home,
      nodeSpec('feeds', 'localstack/feeds/main.ts', { FEEDS_PORT: String(chosen.feeds), FEEDS_FOLDERS: feedFolders(home, process.env).join('\n') }),
      (d, gone) => awaitHttp(`http://127.0.0.1:${chosen.feeds}/`, d, gone),
      say,
    ),
    start(
      home,
      nodeSpec('door', 'localstack/gateway/main.ts', { DOOR_PORT: String(chosen.door), DOOR_EMULATOR_URL: emulatorUrl, DOOR_TRINO_URL: trinoUrl(state), DOOR_HOME: home.root }),
      (d, gone) => awaitHttp(`${doorUrl(state)}/_sluice/health`, d, gone),
      say,
    ),
  ]);
  await deploy(home, state, assembly, say);
  // A deploy that changed nothing starts nothing: after `down`, the jobs are started here, not at the watchdog's next tick.
  await client(LambdaClient, state).send(new InvokeCommand({ FunctionName: localName('watchdog'), Payload: Buffer.from('{"force":true}') }));
  return state;
}

async function awaitEmulatorUrl(url: string): Promise<void> {
  await awaitHttp(url, () => `no AWS emulator answers at ${url}: start it first, or leave --aws away to have one started`);
}

async function awaitHttp(url: string, describe: () => string, signal?: AbortSignal): Promise<void> {
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
async function startTrino(home: Home, state: StackState, say: Say): Promise<void> {
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
  await start(home, trinoSpec(home, state.ports.trino, Number(new URL(state.emulatorUrl).port)), (d, gone) => awaitTrino(state.ports.trino, d, gone), say);
}

/** Waits until Trino answers, for commands that need it. */
export const trinoReady = (home: Home, state: StackState): Promise<void> =>
  awaitTrino(state.ports.trino, () => `Trino is not ready. Its log, ${logFile(home, 'trino')}, ends with:\n${tail(logFile(home, 'trino'), 15)}`);

/** Environment in which the AWS CLI, CDK and SDKs reach the AWS on this machine. */
export function awsEnvironment(state: StackState): Record<string, string> {
  return { ...LOCAL_CREDENTIALS, AWS_ENDPOINT_URL: doorUrl(state) };
}

/** Configuration of the `local` stage, as the CDK app takes it. */
export function deployEnvironment(state: StackState): Record<string, string> {
  return {
    SLUICE_KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${state.ports.kafka}`,
    SLUICE_AWS_ENDPOINT: doorUrl(state),
    ...(state.feeds === 'recorded' ? { SLUICE_FEEDS_URL: `http://127.0.0.1:${state.ports.feeds}` } : {}),
  };
}

/** Runs a Node program of the deploy, its output in `deploy.log`; its end is in the error where it fails. */
function runDeployStep(home: Home, name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(home.logs, { recursive: true });
  const log = logFile(home, 'deploy');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const child = spawn(process.execPath, [...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      const output = Buffer.concat(chunks).toString('utf8');
      writeFileSync(log, output, { flag: 'a' });
      if (code === 0) resolve();
      else reject(new Error(`${name} failed (exit ${code}); ${log} ends with:\n${output.trimEnd().split('\n').slice(-25).join('\n')}`));
    });
  });
}

const deployEnv = (state: StackState, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...awsEnvironment(state),
  ...deployEnvironment(state),
  ...extra,
  // Who called has read the settings, or wants none.
  SLUICE_ENV_FILE: '',
  CDK_DISABLE_VERSION_CHECK: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  CI: 'true',
  NO_COLOR: '1',
});

/** Synthesises the `local` stage and returns the assembly's folder. */
async function synth(home: Home, state: StackState, extra: Readonly<Record<string, string>>): Promise<string> {
  const out = join(home.tmp, 'cdk.out');
  rmSync(out, { recursive: true, force: true });
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  await runDeployStep(home, 'cdk synth', ['--import', TSX, join(ROOT, 'bin', 'app.ts')], {
    ...deployEnv(state, extra),
    CDK_OUTDIR: out,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage: 'local' }),
  });
  return out;
}

/** Deploys the `local` stage through the front door; bootstraps it the first time. Custom resources start the jobs. */
export async function deploy(home: Home, state: StackState, assembly: Promise<string>, say: Say): Promise<void> {
  const began = Date.now();
  const cloudFormation = client(CloudFormationClient, state);
  const bootstrapped = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' })).then(
    () => true,
    () => false,
  );
  say(bootstrapped ? 'deploying the CDK app ...' : 'bootstrapping and deploying the CDK app ...');
  const cdk = (...args: string[]) => runDeployStep(home, `cdk ${args[0]}`, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], deployEnv(state, {}));
  const ready = bootstrapped ? Promise.resolve() : cdk('bootstrap', 'aws://000000000000/us-east-1', '--app', '');
  ready.catch(() => undefined);
  // A failed synth says more than a failed bootstrap: it is awaited first.
  const out = await assembly;
  await ready;
  await cdk('deploy', '--all', '--app', out, '--require-approval', 'never', '--progress', 'events', '--concurrency', '3');
  say(`deployed (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Synthesises and deploys anew, for a changed app or contract. */
export const redeploy = (home: Home, state: StackState, extra: Readonly<Record<string, string>>, say: Say): Promise<void> => deploy(home, state, synth(home, state, extra), say);

/** Names of everything of ours that may run in this home. */
const SERVICES = ['door', 'trino', 'feeds', 'kafka', 'aws'] as const;

/** Whether anything runs that holds a lake's data. */
export const isUp = (home: Home): boolean => (['door', 'kafka', 'aws'] as const).some((name) => findRunning(home, name) !== null);

/** Pid files of Spark drivers. */
const jobProcesses = (home: Home): string[] =>
  existsSync(home.run)
    ? readdirSync(home.run)
        .filter((name) => name.startsWith('job-') && name.endsWith('.pid'))
        .map((name) => name.slice(0, -4))
    : [];

/** Stops everything, Spark first, so that nothing writes to what is going. Keeps the data. */
export async function down(home: Home, say: Say): Promise<void> {
  // The door first: its watchdog schedule must not start what is being stopped.
  const door = await stopProcess(home, 'door', 2_000);
  // Runs that ended by themselves have left their pid files.
  const drivers = (await Promise.all(jobProcesses(home).map((name) => stopProcess(home, name, 15_000)))).filter(Boolean).length;
  if (drivers > 0) say(`stopped ${drivers} Spark driver${drivers === 1 ? '' : 's'}`);
  const stopped = await Promise.all(SERVICES.map(async (name) => ((await stopProcess(home, name)) ? name : null)));
  const names = [...(door ? ['door'] : []), ...stopped.filter((name) => name !== null)];
  if (names.length > 0) say(`stopped ${names.join(', ')}`);
  rmSync(home.tmp, { recursive: true, force: true });
}

export interface ServiceStatus {
  readonly name: string;
  readonly running: boolean;
  readonly pid: number | null;
  readonly address: string;
  readonly log: string;
}

export function services(home: Home, state: StackState): ServiceStatus[] {
  const addresses: Record<(typeof SERVICES)[number], string> = {
    door: `${doorUrl(state)} (AWS APIs)`,
    aws: state.emulatorUrl,
    kafka: `127.0.0.1:${state.ports.kafka}`,
    trino: `${trinoUrl(state)}/ui/ (user: any)`,
    feeds: `http://127.0.0.1:${state.ports.feeds}`,
  };
  return SERVICES.filter((name) => name !== 'aws' || state.ownEmulator)
    .map((name) => {
      const running = findRunning(home, name);
      return { name, running: running !== null, pid: running?.pid ?? null, address: addresses[name], log: logFile(home, name) };
    })
    .reverse();
}

/** Spark runs as the front door keeps them, newest first. */
export function jobRuns(home: Home): RunRecord[] {
  const file = join(home.run, 'glue-runs.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunRecord[]).reverse() : [];
}

/** The newest run of each job, the newest of all first. */
export function newestRuns(home: Home): RunRecord[] {
  const newest = new Map<string, RunRecord>();
  for (const run of jobRuns(home)) if (!newest.has(run.job)) newest.set(run.job, run);
  return [...newest.values()];
}

export const runIsAlive = (run: RunRecord): boolean => run.process !== null && isAlive(run.process);

/** Bytes below a folder, as `du` counts them. */
export function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  return Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) * 1024;
}
