/** The one door to the configuration: what it may hold, what it holds by default, and how a stage's is read. */
export * from './config/derived.js';
export { loadConfig } from './config/load.js';
export * from './config/names.js';
export { type Config, configSchema, PROFILES, type Profile, STAGES, type Stage } from './config/schema.js';
