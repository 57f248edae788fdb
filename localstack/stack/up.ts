import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { requireWholeData } from '../backup/put-back.js';
import { feedFolders } from '../feeds/folders.js';
import { localName } from '../identity.js';
import type { Home } from '../paths.js';
import { awaitEmulator, emulatorSpec } from '../services/emulator.js';
import { awaitKafka, kafkaSpec } from '../services/kafka.js';
import { deploy, synth } from './deploy.js';
import { client, frontDoorUrl, type Instance, type Say, trinoUrl, writeInstance } from './instance.js';
import { choosePorts } from './ports.js';
import { awaitHttp, nodeSpec, start, startTrino } from './start.js';

export interface UpOptions {
  readonly feeds: Instance['feeds'];
  /** An emulator that runs already (LocalStack, MiniStack). @default - one is started */
  readonly emulatorUrl?: string;
  /** Variables for the CDK app, as in `.env.example`. */
  readonly deployEnv?: Readonly<Record<string, string>>;
}

/** Starts everything and deploys the CDK app. Where something runs already it is left alone. */
export async function up(home: Home, options: UpOptions, say: Say): Promise<Instance> {
  requireWholeData(home);
  const ports = await choosePorts(home, say);
  const emulatorUrl = options.emulatorUrl ?? `http://127.0.0.1:${ports.emulator}`;
  const instance: Instance = { ports, emulatorUrl, ownEmulator: options.emulatorUrl === undefined, feeds: options.feeds };
  writeInstance(home, instance);

  const trino = startTrino(home, instance, say);
  // Reported where it is awaited; until then it must not end the process.
  trino.catch(() => undefined);
  // Synth needs no server: it goes on while they start.
  const assembly = synth(home, instance, options.deployEnv ?? {});
  assembly.catch(() => undefined);
  await startServers(home, instance, say);
  await deploy(home, instance, assembly, say);
  // A deploy that changed nothing starts nothing: after `down`, the jobs are started here, not at the watchdog's next tick.
  await client(LambdaClient, instance).send(new InvokeCommand({ FunctionName: localName('watchdog'), Payload: Buffer.from('{"force":true}') }));
  return instance;
}

async function startServers(home: Home, instance: Instance, say: Say): Promise<void> {
  const { ports, emulatorUrl } = instance;
  const feeds = nodeSpec('feeds', 'localstack/feeds/main.ts', { FEEDS_PORT: String(ports.feeds), FEEDS_FOLDERS: feedFolders(home, process.env).join('\n') });
  const frontDoor = nodeSpec('front-door', 'localstack/front-door/main.ts', {
    FRONT_DOOR_PORT: String(ports.frontDoor),
    FRONT_DOOR_EMULATOR_URL: emulatorUrl,
    FRONT_DOOR_TRINO_URL: trinoUrl(instance),
    FRONT_DOOR_HOME: home.root,
  });
  await Promise.all([
    instance.ownEmulator
      ? start(home, emulatorSpec(home, ports.emulator, ports.frontDoor), (d, gone) => awaitEmulator(ports.emulator, d, gone), say)
      : awaitHttp(emulatorUrl, () => `no AWS emulator answers at ${emulatorUrl}: start it first, or leave --emulator away to have one started`),
    start(home, kafkaSpec(home, ports.kafka, ports.controller), (d, gone) => awaitKafka(ports.kafka, d, gone), say),
    start(home, feeds, (d, gone) => awaitHttp(`http://127.0.0.1:${ports.feeds}/`, d, gone), say),
    start(home, frontDoor, (d, gone) => awaitHttp(`${frontDoorUrl(instance)}/_sluice/health`, d, gone), say),
  ]);
}
