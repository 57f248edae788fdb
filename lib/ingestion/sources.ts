import type { HttpSource } from '../../contracts/index.js';
import type { Config } from '../config.js';

/** Whether a stage checks a source: the contract's word, unless the stage has one of its own. */
export const isOn = ({ ingestion }: Pick<Config, 'ingestion'>, { name, enabled }: Pick<HttpSource, 'name' | 'enabled'>): boolean =>
  (enabled || ingestion.sourcesOn.includes(name)) && !ingestion.sourcesOff.includes(name);

const HOUR = 60;

/** Whether the hourly flow owns a source; a faster one has a schedule of its own. */
export const isHourly = ({ cadence }: Pick<HttpSource, 'cadence'>): boolean => cadence.minutes >= HOUR;

/** Where the keys of sources lie in Secrets Manager. */
export const sourceSecrets = ({ app, stage }: Pick<Config, 'app' | 'stage'>): string => `${app}/${stage}/sources`;

/** @throws Error where a stage switches on or off what no contract has */
export function assertKnownSources({ ingestion }: Pick<Config, 'ingestion'>, sources: readonly HttpSource[]): void {
  const known = sources.map(({ name }) => name);
  const unknown = [...ingestion.sourcesOn, ...ingestion.sourcesOff].filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`ingestion.sourcesOn, sourcesOff (SLUICE_SOURCES_ON, SLUICE_SOURCES_OFF): unknown source ${unknown.join(', ')}; known: ${known.join(', ')}`);
}
