import type { Home } from '../paths.js';
import { findRunning, logFile } from '../process.js';
import { frontDoorUrl, type Instance, renameFormer, trinoUrl } from './instance.js';

/** Everything of ours that may run in a home, Spark drivers apart, in the order in which it is stopped. */
export const SERVICES = ['front-door', 'trino', 'feeds', 'kafka', 'emulator'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Whether anything runs that holds a lake's data. */
export function isUp(home: Home): boolean {
  renameFormer(home);
  return (['front-door', 'kafka', 'emulator'] as const).some((name) => findRunning(home, name) !== null);
}

export interface ServiceStatus {
  readonly name: ServiceName;
  readonly running: boolean;
  readonly pid: number | null;
  readonly address: string;
  readonly log: string;
}

export function services(home: Home, instance: Instance): ServiceStatus[] {
  const addresses: Record<ServiceName, string> = {
    'front-door': `${frontDoorUrl(instance)} (AWS APIs)`,
    emulator: instance.emulatorUrl,
    kafka: `127.0.0.1:${instance.ports.kafka}`,
    trino: `${trinoUrl(instance)}/ui/ (user: any)`,
    feeds: `http://127.0.0.1:${instance.ports.feeds}`,
  };
  return SERVICES.filter((name) => name !== 'emulator' || instance.ownEmulator)
    .map((name) => {
      const running = findRunning(home, name);
      return { name, running: running !== null, pid: running?.pid ?? null, address: addresses[name], log: logFile(home, name) };
    })
    .reverse();
}
