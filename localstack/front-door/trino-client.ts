export interface TrinoColumn {
  readonly name: string;
  readonly type: string;
}

export interface TrinoResult {
  readonly columns: readonly TrinoColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly updateType: string | null;
  readonly scannedBytes: number;
  readonly elapsedMs: number;
}

/** A statement that Trino refused or could not finish; the message is Trino's. */
export class TrinoError extends Error {
  override readonly name = 'TrinoError';
}

interface Page {
  readonly nextUri?: string;
  readonly columns?: TrinoColumn[];
  readonly data?: unknown[][];
  readonly updateType?: string;
  readonly stats?: { readonly physicalInputBytes?: number; readonly elapsedTimeMillis?: number };
  readonly error?: { readonly message: string };
}

export interface TrinoStatement {
  readonly sql: string;
  readonly catalog: string;
  readonly schema: string | null;
  /** Rows kept at most; a statement that gives more fails. */
  readonly maxRows: number;
  readonly signal?: AbortSignal;
}

/** Runs one statement by Trino's client protocol (https://trino.io/docs/current/develop/client-protocol.html). */
export async function runTrino(baseUrl: string, statement: TrinoStatement): Promise<TrinoResult> {
  const headers: Record<string, string> = { 'X-Trino-User': 'sluice', 'X-Trino-Source': 'athena', 'X-Trino-Catalog': statement.catalog, 'X-Trino-Time-Zone': 'UTC' };
  if (statement.schema !== null) headers['X-Trino-Schema'] = statement.schema;
  const signal = statement.signal ?? null;
  let page = await read(await fetch(`${baseUrl}/v1/statement`, { method: 'POST', body: statement.sql, headers, signal }));
  let columns: TrinoColumn[] = [];
  const rows: unknown[][] = [];
  for (;;) {
    if (page.columns) columns = page.columns;
    if (page.data) rows.push(...page.data);
    if (page.error) throw new TrinoError(page.error.message);
    if (rows.length > statement.maxRows) throw new TrinoError(`the result has more than ${statement.maxRows} rows: add a LIMIT`);
    if (!page.nextUri) break;
    page = await read(await fetch(page.nextUri, { headers, signal }));
  }
  return { columns, rows, updateType: page.updateType ?? null, scannedBytes: page.stats?.physicalInputBytes ?? 0, elapsedMs: page.stats?.elapsedTimeMillis ?? 0 };
}

async function read(response: Response): Promise<Page> {
  if (!response.ok) throw new Error(`Trino answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as Page;
}
