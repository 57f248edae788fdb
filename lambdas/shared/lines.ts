/** A line longer than this is cut; its parser sees `truncated`. */
export const MAX_LINE_BYTES = 1024 * 1024;

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
  readonly truncated: boolean;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Splits bytes into lines at LF, CRLF or a lone CR, whatever the chunks. A byte order mark is taken off; invalid UTF-8
 * becomes U+FFFD, which no name holds. The last line counts with or without a line end.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let number = 0;
  let parts: Uint8Array[] = [];
  let length = 0;
  let endedByCr = false;
  const take = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    if (length < MAX_LINE_BYTES) parts.push(bytes.subarray(0, MAX_LINE_BYTES - length));
    length += bytes.length;
  };
  const flush = (): Line => {
    const [only] = parts;
    let text = parts.length === 0 ? '' : decoder.decode(parts.length === 1 && only ? only : Buffer.concat(parts));
    number++;
    if (number === 1 && text.startsWith('\ufeff')) text = text.slice(1);
    const line = { number, text, truncated: length > MAX_LINE_BYTES };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte !== LF && byte !== CR) {
        endedByCr = false;
        continue;
      }
      if (byte === LF && endedByCr && i === start && length === 0) {
        start = i + 1;
        endedByCr = false;
        continue;
      }
      take(chunk.subarray(start, i));
      start = i + 1;
      endedByCr = byte === CR;
      yield flush();
    }
    // The chunk's buffer may be reused by its stream: what waits for the next chunk is copied.
    take(Uint8Array.from(chunk.subarray(start)));
  }
  if (length > 0) yield flush();
}
