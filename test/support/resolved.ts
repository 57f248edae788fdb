import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FormatName } from '../../datasets/harmful_domains/formats/format-names.js';
import { parseBody } from '../../datasets/harmful_domains/formats/index.js';
import type { ParseReport } from '../../datasets/harmful_domains/formats/parsed.js';
import { ListRules } from '../../datasets/harmful_domains/resolve.js';
import { nothingTold, type Resolved } from '../../datasets/harmful_domains/rows-of-name.js';
import { SortedRows } from '../../datasets/shared/sorted-rows.js';

export interface ReadList {
  /** `action type name scope`, in order of key. */
  readonly entries: string[];
  readonly report: ParseReport;
  readonly told: Resolved;
  readonly refusal: string | null;
  /** Names that the parser accepted: entries, repeats, what was cancelled, and what was refused in the end. */
  readonly repeats: number;
  /** Why rows were refused, of parser and resolution. */
  readonly reasons: string[];
  /** Whether a resolver that loads the list alone blocks a name. */
  blocks(name: string): boolean;
}

async function* bytesOf(body: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body);
}

interface Limits {
  /** Rows sorted in memory at a time. */
  readonly runEntries?: number;
  readonly maxExceptions?: number;
}

/** A list read and resolved as ingestion does. */
export async function readList(format: FormatName, body: string | readonly string[], { runEntries, maxExceptions }: Limits = {}): Promise<ReadList> {
  const folder = mkdtempSync(join(tmpdir(), 'resolved-'));
  try {
    const rules = new ListRules(format, new SortedRows(folder, runEntries), maxExceptions);
    const report = await parseBody(format, bytesOf(typeof body === 'string' ? body : `${body.join('\n')}\n`), (entry, line, { action = 'block', ...details }) =>
      rules.add(entry, line, action, details),
    );
    const told = nothingTold();
    const entries = [...rules.entries(report, told)].map(({ key }) => {
      const [type, name, scope, action] = key.split('\t');
      return `${action} ${type} ${name} ${scope}`;
    });
    const held = new Set(entries);
    return {
      entries,
      report,
      told,
      refusal: rules.refusal(report),
      repeats: report.counts.accepted + told.made - entries.length - told.cancelled - told.rejects,
      reasons: [...report.rejectSamples, ...told.rejectSamples].map((sample) => sample.split(': ')[1] ?? ''),
      blocks: (name) => blockedBy(held, name),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The deepest entry about a name or a parent of it holds (docs/validity.md). */
function blockedBy(entries: ReadonlySet<string>, name: string): boolean {
  for (const scope of ['exact', 'subtree']) {
    if (entries.has(`block domain ${name} ${scope}`)) return true;
    if (entries.has(`allow domain ${name} ${scope}`)) return false;
  }
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1);
    if (entries.has(`block domain ${parent} subtree`)) return true;
    if (entries.has(`allow domain ${parent} subtree`)) return false;
  }
  return false;
}
