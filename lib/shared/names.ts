import type { Config } from '../config.js';

/** CloudWatch namespace of a stage's own metrics. */
export const metricsNamespace = ({ app, stage }: Pick<Config, 'app' | 'stage'>): string => `${app}/${stage}`;

/** The hourly flow's state machine, without app and stage: its alarms stand in another stack and know it by name. */
export const HOURLY_FLOW = 'hourly';
