import type { Config } from '../config.js';

/** CloudWatch namespace of a stage's own metrics. */
export const metricsNamespace = ({ app, stage }: Pick<Config, 'app' | 'stage'>): string => `${app}/${stage}`;
