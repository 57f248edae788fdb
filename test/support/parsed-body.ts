import type { LIST_FORMATS } from '../../datasets/harmful_domains/formats/format-names.js';
import { parseBody } from '../../datasets/harmful_domains/formats/index.js';

export type FormatName = (typeof LIST_FORMATS)[number];

export async function* bytesOf(body: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof body === 'string' ? Buffer.from(body) : body;
}

/** Entries as `action type name scope`, the rest of the report as it is. */
export async function parse(format: FormatName, body: string | Uint8Array) {
  const entries: string[] = [];
  const details: unknown[] = [];
  const report = await parseBody(format, bytesOf(body), ({ type, name, scope }, _line, { action = 'block', ...rest }) => {
    entries.push(`${action} ${type} ${name} ${scope}`);
    details.push(rest);
  });
  return { entries, details, report };
}
