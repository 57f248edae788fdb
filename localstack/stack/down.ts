import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { Home } from '../paths.js';
import { stopProcess } from '../process.js';
import { renameFormer, type Say } from './instance.js';
import { SERVICES } from './services.js';

/** Pid files of Spark drivers. */
const jobProcesses = (home: Home): string[] =>
  existsSync(home.run)
    ? readdirSync(home.run)
        .filter((name) => name.startsWith('job-') && name.endsWith('.pid'))
        .map((name) => name.slice(0, -4))
    : [];

/** Stops everything, Spark first, so that nothing writes to what is going. Keeps the data. */
export async function down(home: Home, say: Say): Promise<void> {
  renameFormer(home);
  // The front door first: its watchdog schedule must not start what is being stopped.
  const frontDoor = await stopProcess(home, 'front-door', 2_000);
  // Runs that ended by themselves have left their pid files.
  const drivers = (await Promise.all(jobProcesses(home).map((name) => stopProcess(home, name, 15_000)))).filter(Boolean).length;
  if (drivers > 0) say(`stopped ${drivers} Spark driver${drivers === 1 ? '' : 's'}`);
  const stopped = await Promise.all(SERVICES.map(async (name) => ((await stopProcess(home, name)) ? name : null)));
  const names = [...(frontDoor ? ['front-door'] : []), ...stopped.filter((name) => name !== null)];
  if (names.length > 0) say(`stopped ${names.join(', ')}`);
  rmSync(home.tmp, { recursive: true, force: true });
}
