import { Option } from 'commander';
import type { HttpSource } from '../../contracts/index.js';
import { findSource, httpSources } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { isOn } from '../../lib/ingestion/sources.js';
import { CliError, EXIT } from '../output.js';

export const stageOption = () => new Option('--stage <stage>', 'local (this machine), dev or prod').default('local');

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

const SIDE_BY_SIDE = 4;

/** Calls `work` for each item, a few at a time; results in the order of the items. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.map((item, i) => [item, i] as const);
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[1]] = await work(next[0]);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, worker));
  return results;
}
