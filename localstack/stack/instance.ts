import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sdkSettings } from '../identity.js';
import type { Home } from '../paths.js';
import { LOCAL_CREDENTIALS } from '../services/emulator.js';

export interface Ports {
  readonly frontDoor: number;
  readonly emulator: number;
  readonly kafka: number;
  readonly controller: number;
  readonly trino: number;
  readonly feeds: number;
}

/** What is remembered of the AWS on this machine between commands. */
export interface Instance {
  readonly ports: Ports;
  /** The emulator's address: ours, or the one given with `--emulator`. */
  readonly emulatorUrl: string;
  readonly ownEmulator: boolean;
  readonly feeds: 'recorded' | 'live';
}

export type Say = (message: string) => void;

const INSTANCE_FILE = 'stack.json';
/** Names that servers had in earlier versions: one that runs still goes by its old name. */
const FORMER_NAMES = { door: 'front-door', aws: 'emulator' } as const;

/** Gives servers that an earlier version started the names of today, so that they are found and not started twice. */
export function renameFormer(home: Home): void {
  for (const [former, name] of Object.entries(FORMER_NAMES)) {
    const [from, to] = [join(home.run, `${former}.pid`), join(home.run, `${name}.pid`)];
    if (existsSync(from) && !existsSync(to)) renameSync(from, to);
  }
}

/** What runs here, or ran last; null in a new home. */
export function readInstance(home: Home): Instance | null {
  const file = join(home.run, INSTANCE_FILE);
  if (!existsSync(file)) return null;
  renameFormer(home);
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Omit<Instance, 'ports'> & { readonly ports: Ports & { readonly door?: number } };
  const { door, ...ports } = kept.ports;
  return { ...kept, ports: door === undefined ? ports : { ...ports, frontDoor: door } };
}

export function writeInstance(home: Home, instance: Instance): void {
  mkdirSync(home.run, { recursive: true });
  writeFileSync(join(home.run, INSTANCE_FILE), JSON.stringify(instance, null, 1));
}

export const frontDoorUrl = ({ ports }: Instance): string => `http://127.0.0.1:${ports.frontDoor}`;
export const trinoUrl = ({ ports }: Instance): string => `http://127.0.0.1:${ports.trino}`;

/** An SDK client of the AWS on this machine. */
export function client<T>(Client: new (config: ReturnType<typeof sdkSettings>) => T, instance: Instance): T {
  return new Client(sdkSettings(frontDoorUrl(instance)));
}

/** Environment in which the AWS CLI, CDK and SDKs reach the AWS on this machine. */
export function awsEnvironment(instance: Instance): Record<string, string> {
  return { ...LOCAL_CREDENTIALS, AWS_ENDPOINT_URL: frontDoorUrl(instance) };
}
