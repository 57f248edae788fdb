import { JSONParser } from '@streamparser/json';
import { type OnRecord, UnreadableDocument } from './records.js';

const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** Names of a document that a message lists. */
const MAX_NAMES = 10;

/** JSONPath of the elements of an array. */
const pathOf = (names: string | undefined): string => (names === undefined ? '$.*' : `$.${names}.*`);

/**
 * The elements of an array in a JSON document, in order, however long its lines: one element is held at a time.
 *
 * @param names down to the array, with dots between them; undefined where the document is the array
 * @throws UnreadableDocument where it is no JSON, is cut, or has no such array
 */
export async function jsonRecords(bytes: AsyncIterable<Uint8Array>, names: string | undefined, onRecord: OnRecord): Promise<void> {
  const parser = new JSONParser({ paths: [pathOf(names)], keepStack: false });
  let place = 0;
  let noArray = false;
  parser.onValue = ({ value, parent }) => {
    if (Array.isArray(parent)) onRecord(value, ++place);
    else noArray = true;
  };
  let failure: Error | undefined;
  parser.onError = (error) => {
    failure ??= error;
  };
  const top = new TopLevel();
  for await (const chunk of bytes) {
    let from = 0;
    // A byte order mark is no JSON, and some write one.
    if (top.isEmpty && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) from = 3;
    top.push(chunk.subarray(from));
    if (parser.isEnded) {
      if (chunk.some((byte) => !BLANK.has(byte))) throw new UnreadableDocument('the document goes on after its end: more than one JSON value');
      continue;
    }
    try {
      parser.write(chunk.subarray(from));
    } catch (cause) {
      failure ??= cause as Error;
    }
    if (failure !== undefined) throw new UnreadableDocument(`not JSON behind record ${place}: ${failure.message}`);
  }
  if (!parser.isEnded) throw new UnreadableDocument(`the document ends in the middle, behind record ${place}: it was cut`);
  if (noArray || (place === 0 && !top.hasEmptyArray(names))) throw new UnreadableDocument(`the document has no array at ${names ?? 'its top'}${top.describe()}`);
}

/** What a document is at its top, as far as it takes to say so. */
class TopLevel {
  private head = '';

  get isEmpty(): boolean {
    return this.head === '';
  }

  push(bytes: Uint8Array): void {
    if (this.head.length < 64 * 1024) this.head += Buffer.from(bytes).toString('latin1');
  }

  /** Whether the array is there, and empty: no small document needs more than its beginning for that. */
  hasEmptyArray(names: string | undefined): boolean {
    try {
      const value = (names?.split('.') ?? []).reduce<unknown>((at, name) => (at as Record<string, unknown> | null)?.[name], JSON.parse(this.head));
      return Array.isArray(value) && value.length === 0;
    } catch {
      return false;
    }
  }

  describe(): string {
    const names: string[] = [];
    let depth = 0;
    for (const [token, name = '', colon] of this.head.matchAll(/[{}[\]]|"((?:[^"\\]|\\.)*)"(\s*:)?/g)) {
      if (token === '{' || token === '[') depth++;
      else if (token === '}' || token === ']') depth--;
      else if (depth === 1 && colon !== undefined) names.push(name);
    }
    return names.length === 0 ? '' : `; it has ${names.slice(0, MAX_NAMES).join(', ')}`;
  }
}
