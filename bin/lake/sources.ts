import type { HttpSource } from '../../contracts/index.js';
import { findSource, httpSources } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { isOn } from '../../lib/ingestion/sources.js';
import { CliError, EXIT } from '../output.js';

/** Whether a stage, as configured in this environment, checks a source. */
export const isOnAt = (stage: string, source: HttpSource): boolean => isOn(loadConfig(stage, process.env), source);

/** Names of the sources that a stage checks. */
export const sourcesOnAt = (stage: string): string[] =>
  httpSources()
    .map(({ source }) => source)
    .filter((source) => isOnAt(stage, source))
    .map(({ name }) => name);

/** @throws CliError naming the known sources */
export function assertSource(name: string): void {
  try {
    findSource(name);
  } catch (error) {
    throw new CliError((error as Error).message, EXIT.misuse);
  }
}
