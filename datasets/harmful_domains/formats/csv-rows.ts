import { parse } from 'csv-parse/sync';
import { MAX_LINE_BYTES } from '../../shared/lines.js';

/** A quoted field may hold line ends, but a quote that nobody closed must not swallow the list. */
const MAX_ROW_LINES = 64;

export interface CsvLine {
  readonly text: string;
  readonly number: number;
  readonly truncated: boolean;
}

export interface CsvReader {
  /** A line between two rows: whether it is none of them, such as a comment. */
  other(line: CsvLine): boolean;
  /** A row, its first line, and how many lines it has. */
  row(fields: readonly string[], first: CsvLine, lines: number): void;
  /** A line that begins no row. */
  broken(line: CsvLine): void;
}

/**
 * Rows of a CSV body (RFC 4180, blanks around fields allowed) from its lines: a quoted field may go on over up to
 * {@link MAX_ROW_LINES} lines. A row that cannot be read costs its first line alone: the next line begins anew.
 *
 * Lines whose fields are all quoted, or none, are cut here, which is what feeds hold and what decides the speed; csv-parse
 * reads the others, and a property in the tests holds the two against each other.
 */
export class CsvRows {
  /** Lines of a row whose quotes are not closed yet. */
  private held: CsvLine[] = [];

  constructor(private readonly reader: CsvReader) {}

  line(line: CsvLine): void {
    if (this.held.length > 0) {
      this.held.push(line);
      this.settle(false);
    } else this.first(line);
  }

  end(): void {
    while (this.held.length > 0) this.settle(true);
  }

  private first(line: CsvLine): void {
    const { reader, held } = this;
    if (reader.other(line)) return;
    const cut = line.truncated ? null : plainFields(line.text);
    if (cut !== null) reader.row(cut, line, 1);
    else if (!line.truncated && quotes(line.text) % 2 === 1) held.push(line);
    else this.whole(line.truncated ? null : parsed(line.text), [line]);
  }

  /** Decides, where it can be decided, what the held lines are. */
  private settle(ended: boolean): void {
    const { held } = this;
    const text = held.map((line) => line.text).join('\n');
    const truncated = held.some((line) => line.truncated);
    if (!ended && !truncated && text.length <= MAX_LINE_BYTES && quotes(text) % 2 === 1 && held.length < MAX_ROW_LINES) return;
    this.held = [];
    this.whole(truncated ? null : parsed(text), held);
  }

  /** A row of these lines, or where they are none, what the first cost and the others may still be. */
  private whole(fields: readonly string[] | null, [first, ...others]: readonly CsvLine[]): void {
    if (first === undefined) return;
    if (fields !== null) this.reader.row(fields, first, 1 + others.length);
    else {
      this.reader.broken(first);
      for (const line of others) this.line(line);
    }
  }
}

/** The fields of a line that are all quoted without a quote in them, or all unquoted; null for any other line. */
export function plainFields(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',').map((field) => field.trim());
  const line = text.trim();
  if (line.length < 2 || !line.startsWith('"') || !line.endsWith('"')) return null;
  const fields = line.slice(1, -1).split(line.includes('", "') ? '", "' : '","');
  return fields.some((field) => field.includes('"')) ? null : fields;
}

/** The fields of the one row that `text` is; null where it is none, or several. */
function parsed(text: string): string[] | null {
  try {
    const [row, ...more] = parse(text, { ltrim: true, rtrim: true, relax_column_count: true, record_delimiter: '\n' });
    return row !== undefined && more.length === 0 ? row : null;
  } catch {
    return null;
  }
}

function quotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) count++;
  return count;
}
