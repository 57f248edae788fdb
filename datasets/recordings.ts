import type { Recording } from '../contracts/recording.js';
import { recording as harmfulDomains } from './harmful_domains/recording.js';
import { recording as vulnerabilities } from './vulnerabilities/recording.js';

/** Made bodies of each dataset whose sources are fetched. */
const RECORDINGS: Readonly<Record<string, Recording>> = { harmful_domains: harmfulDomains, vulnerabilities };

/** @throws Error with the way out where a dataset has none */
export function recordingOf(dataset: string): Recording {
  const recording = RECORDINGS[dataset];
  if (recording === undefined) throw new Error(`dataset ${dataset} has no recording: name datasets/${dataset}/recording.ts in datasets/recordings.ts`);
  return recording;
}

export const recordedDatasets = (): readonly string[] => Object.keys(RECORDINGS);
