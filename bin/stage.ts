import { type Config, loadConfig } from '../lib/config.js';
import { CliError, EXIT } from './output.js';

export const usd = (value: number): string => value.toFixed(2);

/** @throws CliError where the stage costs nothing, or is none */
export function deployedStage(stage: string, env: NodeJS.ProcessEnv): Config {
  if (stage === 'local') throw new CliError('the lake on this machine costs nothing: --stage dev or --stage prod', EXIT.misuse);
  try {
    return loadConfig(stage, env);
  } catch (cause) {
    throw new CliError((cause as Error).message, EXIT.misuse);
  }
}
