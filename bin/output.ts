import Table from 'cli-table3';
import { visible } from '../datasets/shared/visible.js';

/** What the command line's exit codes mean. */
export const EXIT = { ok: 0, failed: 1, misuse: 2, degraded: 3 } as const;

/** An error that says what, why and the next command, with its exit code. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: (typeof EXIT)[keyof typeof EXIT] = EXIT.failed,
  ) {
    super(message);
  }
}

/** A line of progress, on stderr: stdout is for data. */
export const say = (message: string): void => {
  process.stderr.write(`sluice: ${message}\n`);
};

/** `--json`: one document on stdout. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

/** Rows for people: a table on a terminal, tab-separated lines elsewhere. Control characters are made visible. */
export function printRows(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  if (!process.stdout.isTTY) {
    for (const row of [columns, ...rows]) process.stdout.write(`${row.map(visible).join('\t')}\n`);
    return;
  }
  const plain = process.env.NO_COLOR !== undefined;
  const table = new Table({ head: [...columns], style: { head: plain ? [] : ['cyan'], border: [], compact: true } });
  for (const row of rows) table.push(row.map(visible));
  process.stdout.write(`${table.toString()}\n`);
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
