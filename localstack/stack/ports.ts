import type { Home } from '../paths.js';
import { choosePort } from '../ports.js';
import { findRunning } from '../process.js';
import { type Ports, readInstance, type Say } from './instance.js';
import type { ServiceName } from './services.js';

const PREFERRED: Ports = { frontDoor: 4566, emulator: 4567, kafka: 9092, controller: 9093, trino: 8080, feeds: 4570 };

const HOLDERS: Readonly<Record<keyof Ports, ServiceName>> = {
  frontDoor: 'front-door',
  emulator: 'emulator',
  kafka: 'kafka',
  controller: 'kafka',
  trino: 'trino',
  feeds: 'feeds',
};

/** Keeps the ports of the last time where they are free or still ours; names the owner of each that is not. */
export async function choosePorts(home: Home, say: Say): Promise<Ports> {
  const last = readInstance(home)?.ports;
  const chosen: Partial<Record<keyof Ports, number>> = {};
  for (const name of Object.keys(PREFERRED) as (keyof Ports)[]) {
    const wanted = last?.[name] ?? PREFERRED[name];
    if (last && findRunning(home, HOLDERS[name])) {
      chosen[name] = wanted;
      continue;
    }
    const { port, taken } = await choosePort(wanted);
    if (taken !== null) say(`port ${wanted} (${name}) is taken by ${taken}; using ${port} instead`);
    chosen[name] = port;
  }
  return chosen as Ports;
}
