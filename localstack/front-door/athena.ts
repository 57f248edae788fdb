import { randomUUID } from 'node:crypto';
import { TRINO_CATALOG } from '../services/trino.js';
import { ServiceError } from './errors.js';
import { runTrino, TrinoError, type TrinoResult } from './trino-client.js';

const MAX_EXECUTIONS = 500;
const MAX_ROWS = 100_000;
const PAGE_ROWS = 1_000;
/** While Trino is being installed or is starting, queries wait this long. */
const TRINO_PATIENCE_MS = 300_000;
const RETRY_MS = 500;

interface StartInput {
  readonly QueryString: string;
  readonly WorkGroup?: string;
  readonly QueryExecutionContext?: { readonly Database?: string };
}

interface Execution {
  readonly id: string;
  readonly input: StartInput;
  readonly submitted: number;
  readonly abort: AbortController;
  state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  reason: string | null;
  completed: number | null;
  result: TrinoResult | null;
}

/** Athena's query API on Trino. Reads the same Glue catalog and the same Delta tables as Athena does. */
export class Athena {
  private readonly executions = new Map<string, Execution>();

  constructor(private readonly trinoUrl: string) {}

  readonly operations: Readonly<Record<string, (input: never) => unknown>> = {
    StartQueryExecution: (input: StartInput) => this.start(input),
    GetQueryExecution: ({ QueryExecutionId }: { QueryExecutionId: string }) => ({ QueryExecution: this.describe(this.find(QueryExecutionId)) }),
    BatchGetQueryExecution: ({ QueryExecutionIds }: { QueryExecutionIds: string[] }) => ({ QueryExecutions: QueryExecutionIds.map((id) => this.describe(this.find(id))) }),
    GetQueryResults: (input: { QueryExecutionId: string; NextToken?: string; MaxResults?: number }) => this.results(input),
    StopQueryExecution: ({ QueryExecutionId }: { QueryExecutionId: string }) => this.stop(QueryExecutionId),
    ListQueryExecutions: () => ({ QueryExecutionIds: [...this.executions.keys()].reverse().slice(0, 50) }),
  };

  private start(input: StartInput): { QueryExecutionId: string } {
    if (!input.QueryString?.trim()) throw new ServiceError('InvalidRequestException', 'QueryString is empty');
    const execution: Execution = { id: randomUUID(), input, submitted: Date.now(), abort: new AbortController(), state: 'QUEUED', reason: null, completed: null, result: null };
    this.executions.set(execution.id, execution);
    for (const id of this.executions.keys()) {
      if (this.executions.size <= MAX_EXECUTIONS) break;
      this.executions.delete(id);
    }
    void this.execute(execution);
    return { QueryExecutionId: execution.id };
  }

  private async execute(execution: Execution): Promise<void> {
    const sql = execution.input.QueryString.trim().replace(/;$/, '');
    const deadline = Date.now() + TRINO_PATIENCE_MS;
    for (;;) {
      try {
        execution.state = 'RUNNING';
        execution.result = await runTrino(this.trinoUrl, {
          sql,
          catalog: TRINO_CATALOG,
          schema: execution.input.QueryExecutionContext?.Database ?? 'gold',
          maxRows: MAX_ROWS,
          signal: execution.abort.signal,
        });
        execution.state = 'SUCCEEDED';
      } catch (error) {
        const notReady = !(error instanceof TrinoError) && !execution.abort.signal.aborted;
        if (notReady && Date.now() < deadline) {
          execution.state = 'QUEUED';
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          continue;
        }
        execution.state = execution.abort.signal.aborted ? 'CANCELLED' : 'FAILED';
        execution.reason = error instanceof TrinoError ? explain(error.message) : `Trino cannot be reached (${(error as Error).message}): ./sluice status says why`;
      }
      execution.completed = Date.now();
      return;
    }
  }

  private find(id: string): Execution {
    const execution = this.executions.get(id);
    if (!execution) throw new ServiceError('InvalidRequestException', `QueryExecution ${id} was not found`);
    return execution;
  }

  private describe({ id, input, submitted, state, reason, completed, result }: Execution): Record<string, unknown> {
    return {
      QueryExecutionId: id,
      Query: input.QueryString,
      StatementType: /^\s*(create|drop|alter)\b/i.test(input.QueryString) ? 'DDL' : 'DML',
      WorkGroup: input.WorkGroup ?? 'primary',
      QueryExecutionContext: input.QueryExecutionContext ?? {},
      Status: {
        State: state,
        SubmissionDateTime: submitted / 1000,
        ...(reason === null ? {} : { StateChangeReason: reason, AthenaError: { ErrorCategory: 2, ErrorMessage: reason } }),
        ...(completed === null ? {} : { CompletionDateTime: completed / 1000 }),
      },
      Statistics: {
        DataScannedInBytes: result?.scannedBytes ?? 0,
        EngineExecutionTimeInMillis: result?.elapsedMs ?? 0,
        TotalExecutionTimeInMillis: (completed ?? Date.now()) - submitted,
      },
      EngineVersion: { EffectiveEngineVersion: 'Trino 476, on this machine' },
    };
  }

  private results({ QueryExecutionId, NextToken, MaxResults }: { QueryExecutionId: string; NextToken?: string; MaxResults?: number }): Record<string, unknown> {
    const { state, result, reason } = this.find(QueryExecutionId);
    if (state !== 'SUCCEEDED' || result === null)
      throw new ServiceError('InvalidRequestException', `Query has not yet finished. Current state: ${state}${reason === null ? '' : ` (${reason})`}`);
    const from = NextToken === undefined ? 0 : Number(NextToken);
    const size = Math.min(MaxResults ?? PAGE_ROWS, PAGE_ROWS);
    const header = { Data: result.columns.map(({ name }) => ({ VarCharValue: name })) };
    // As in Athena, the first row of the first page names the columns.
    const page = result.rows.slice(from, from + size - (from === 0 ? 1 : 0));
    const next = from + page.length;
    return {
      ResultSet: {
        Rows: [...(from === 0 ? [header] : []), ...page.map((row) => ({ Data: row.map((value) => (value === null ? {} : { VarCharValue: text(value) })) }))],
        ResultSetMetadata: {
          ColumnInfo: result.columns.map(({ name, type }) => ({
            CatalogName: 'hive',
            Name: name,
            Label: name,
            Type: type.replace(/\(.*$/, ''),
            Nullable: 'UNKNOWN',
            Precision: 0,
            Scale: 0,
          })),
        },
      },
      ...(next < result.rows.length ? { NextToken: String(next) } : {}),
    };
  }

  private stop(id: string): Record<string, never> {
    this.find(id).abort.abort();
    return {};
  }
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Trino's words for a table that its writer has not made yet, in ours. */
function explain(message: string): string {
  if (/Error getting snapshot|No transaction log found|Metadata not found in transaction log/i.test(message)) {
    return `${message}. The table's writer makes it when it starts: ./sluice status shows whether the job runs`;
  }
  return message;
}
