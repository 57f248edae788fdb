/**
 * Column types: the one grammar that Spark DDL and the Glue/Hive catalog share.
 *
 * `array<struct<source:string,first_seen:timestamp>>` reads the same in both, so a contract writes a type once.
 */
const PRIMITIVES = new Set(['string', 'int', 'bigint', 'double', 'boolean', 'timestamp', 'date', 'binary']);

/** Splits `a:int,b:array<x,y>` at the commas that stand outside angle brackets. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '<') depth++;
    else if (text[i] === '>') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Whether `type` is a column type of the grammar: a primitive, `array<T>`, `map<string,T>` or `struct<name:T,...>`. */
export function isColumnType(type: string): boolean {
  if (PRIMITIVES.has(type)) return true;
  const nested = /^(array|map|struct)<(.+)>$/s.exec(type);
  if (!nested) return false;
  const [, kind, inner] = nested as unknown as [string, string, string];
  const parts = splitTopLevel(inner);
  if (kind === 'array') return parts.length === 1 && isColumnType(inner);
  if (kind === 'map') return parts.length === 2 && parts[0] === 'string' && isColumnType(parts[1] ?? '');
  return parts.every((part) => {
    const colon = part.indexOf(':');
    return colon > 0 && /^[a-z][a-z0-9_]*$/.test(part.slice(0, colon)) && isColumnType(part.slice(colon + 1));
  });
}

/** Spark SQL DDL (`name type` per column) of an ordered set of columns. */
export function sparkDdl(columns: Readonly<Record<string, { type: string }>>): string {
  return Object.entries(columns)
    .map(([name, { type }]) => `\`${name}\` ${type}`)
    .join(', ');
}
