import { QueryFailed, type QueryResult, runSql } from '../../lambdas/shared/athena.js';
import { databaseName, physicalName } from '../../lib/config.js';
import { CliError } from '../output.js';
import type { Target } from './target.js';

/** Runs SQL on the target's lake. @throws CliError with the engine's words */
export async function runQuery(sql: string, { athena, identity }: Target, timeoutMs?: number): Promise<QueryResult> {
  const engine = { athena, workGroup: physicalName(identity, 'queries'), databaseOf: (layer: string) => databaseName(identity, layer) };
  try {
    return await runSql(sql, engine, timeoutMs);
  } catch (cause) {
    if (cause instanceof QueryFailed) throw new CliError(cause.message);
    throw cause;
  }
}
