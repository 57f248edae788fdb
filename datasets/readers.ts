import type { Reader } from '../contracts/reading.js';
import { reader as harmfulDomains } from './harmful_domains/reader.js';
import { reader as vulnerabilities } from './vulnerabilities/reader.js';

/** How the bodies of each dataset's sources are read; a dataset whose records come by Kafka alone has none. */
const READERS: Readonly<Record<string, Reader>> = { harmful_domains: harmfulDomains as Reader, vulnerabilities: vulnerabilities as Reader };

/** @throws Error with the way out where a dataset has sources that are checked, and no reader */
export function readerOf(dataset: string): Reader {
  const reader = READERS[dataset];
  if (reader === undefined) throw new Error(`dataset ${dataset} has no reader: name datasets/${dataset}/reader.ts in datasets/readers.ts`);
  return reader;
}

export const readDatasets = (): readonly string[] => Object.keys(READERS);
