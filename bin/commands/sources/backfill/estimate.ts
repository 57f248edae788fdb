import { inWords } from '../../../../lambdas/monitor/health.js';
import { bytes, say } from '../../../output.js';
import type { Bodies } from './bodies.js';
import { spoken } from './days.js';
import type { Plan } from './plan.js';

export interface Estimate {
  readonly versions: number;
  /** Of all bodies, as the newest one's size says. */
  readonly bytes: number;
  readonly minutes: number;
}

/** How much and how long, by fetching the newest version that is missing. */
export async function estimate({ parts }: Plan, concurrency: number, bodies: Bodies): Promise<Estimate> {
  const versions = parts.flatMap((part) => part.versions);
  const newest = versions.at(-1);
  if (newest === undefined) return { versions: 0, bytes: 0, minutes: 0 };
  const began = Date.now();
  const body = await bodies.of(newest.version);
  const seconds = (Date.now() - began) / 1000;
  // Each is fetched beside others, then read and published by itself, which takes about as long again.
  return { versions: versions.length, bytes: versions.length * ('bytes' in body ? body.bytes : 0), minutes: (versions.length * seconds * (1 + 1 / concurrency)) / 60 };
}

/** Says what is missing, how much it is and how long it would take. */
export function describe({ parts, done }: Plan, { versions, bytes: size, minutes }: Estimate): void {
  if (done.length > 0) say(`published already: ${done.map(spoken).join(', ')}`);
  for (const part of parts) say(`${part.resumed ? 'begun, to go on with' : 'missing'}: ${spoken(part.days)}, ${part.versions.length} versions`);
  say(`${versions} versions, about ${bytes(size)} and ${inWords(Math.max(1, minutes))}`);
}
