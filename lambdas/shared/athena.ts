import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  type Row,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { qualifyDatabases } from '../../contracts/sql.js';

export interface QueryResult {
  readonly columns: readonly string[];
  /** Null stands for SQL's NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly scannedBytes: number;
  readonly elapsedMs: number;
}

/** Between looks at a query: soon at first, since most are short. */
const POLL_MS = [50, 100, 250] as const;
const DEFAULT_TIMEOUT_MS = 600_000;

const cells = (row: Row): (string | null)[] => (row.Data ?? []).map(({ VarCharValue }) => VarCharValue ?? null);

/** A query that failed, was cancelled, or took too long. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
}

export interface Engine {
  readonly athena: AthenaClient;
  readonly workGroup: string;
  /** The stage's database of a layer. */
  readonly databaseOf: (layer: string) => string;
}

/** Runs SQL by the Athena API, on a deployed stage and here alike. @throws QueryFailed with the engine's words */
export async function runSql(sql: string, { athena, workGroup, databaseOf }: Engine, timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<QueryResult> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: qualifyDatabases(sql, databaseOf),
      WorkGroup: workGroup,
      QueryExecutionContext: { Database: databaseOf('gold') },
    }),
  );
  const deadline = Date.now() + timeoutMs;
  let execution: QueryExecution | undefined;
  for (let looks = 0; ; looks++) {
    ({ QueryExecution: execution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId })));
    const state = execution?.Status?.State;
    if (state === 'SUCCEEDED') break;
    if (state === 'FAILED' || state === 'CANCELLED') throw new QueryFailed(`query ${state.toLowerCase()}: ${execution?.Status?.StateChangeReason ?? 'no reason given'}`);
    if (Date.now() > deadline) {
      await athena.send(new StopQueryExecutionCommand({ QueryExecutionId }));
      throw new QueryFailed(`query did not finish in ${timeoutMs / 1000} s and was stopped; narrow it, or see what ./sluice status says`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS[Math.min(looks, POLL_MS.length - 1)]));
  }
  const rows: (string | null)[][] = [];
  let columns: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await athena.send(new GetQueryResultsCommand({ QueryExecutionId, ...(NextToken === undefined ? {} : { NextToken }) }));
    columns = (page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name }) => Name ?? '');
    rows.push(...(page.ResultSet?.Rows ?? []).map(cells));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  // Athena puts the column names of a SELECT into the first row.
  if (rows[0]?.every((cell, i) => cell === columns[i])) rows.shift();
  return { columns, rows, scannedBytes: execution?.Statistics?.DataScannedInBytes ?? 0, elapsedMs: execution?.Statistics?.TotalExecutionTimeInMillis ?? 0 };
}
