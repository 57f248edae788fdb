import type { Config } from './schema.js';

/** `sluice-dev-NAME`: every physical name carries app and stage, so that stages share an account. */
export const physicalName = ({ app, stage }: Pick<Config, 'app' | 'stage'>, name: string): string => `${app}-${stage}-${name}`;

/** What stands before a layer's name in its Glue database: `sluice_dev_`; nothing on the local stage. */
export const databasePrefix = ({ app, stage }: Pick<Config, 'app' | 'stage'>): string => (stage === 'local' ? '' : `${app}_${stage}_`);

/** The Glue database of a layer: `sluice_dev_gold`; on the local stage plain `gold`. */
export const databaseName = (config: Pick<Config, 'app' | 'stage'>, layer: string): string => `${databasePrefix(config)}${layer}`;
