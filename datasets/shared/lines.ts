import { isAscii } from 'node:buffer';

/** A line longer than this is cut; its parser sees `truncated`. */
export const MAX_LINE_BYTES = 1024 * 1024;

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
  readonly truncated: boolean;
}

export type OnLine = (text: string, number: number, truncated: boolean) => void;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Splits bytes into lines at LF, CRLF or a lone CR, whatever the chunks. A byte order mark is taken off; invalid UTF-8
 * becomes U+FFFD, which no name holds. The last line counts with or without a line end.
 */
export class LineSplitter {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private number = 0;
  /** Bytes of the line that goes on in the next chunk, up to {@link MAX_LINE_BYTES}. */
  private rest: Uint8Array[] = [];
  private restLength = 0;
  private endedByCr = false;

  constructor(private readonly onLine: OnLine) {}

  push(bytes: Uint8Array): void {
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (chunk.length === 0) return;
    if (this.endedByCr) {
      this.endedByCr = false;
      if (chunk[0] === LF) chunk = chunk.subarray(1);
    }
    const first = firstEnd(chunk);
    if (first === -1) {
      this.keep(chunk);
      return;
    }
    let start = 0;
    if (this.restLength > 0) {
      this.keep(chunk.subarray(0, first));
      this.flush();
      start = first + 1;
      if (chunk[first] === CR) {
        if (start === chunk.length) this.endedByCr = true;
        else if (chunk[start] === LF) start++;
      }
    }
    const last = Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR));
    if (last >= start) {
      this.whole(chunk.subarray(start, last + 1));
      if (last === chunk.length - 1 && chunk[last] === CR) this.endedByCr = true;
    }
    this.keep(chunk.subarray(Math.max(last + 1, start)));
  }

  /** Gives the last line, where it has no line end. */
  end(): void {
    if (this.restLength > 0) this.flush();
  }

  private keep(part: Uint8Array): void {
    if (part.length === 0) return;
    // The chunk's buffer may be reused by its stream: what waits for the next chunk is copied.
    if (this.restLength < MAX_LINE_BYTES) this.rest.push(Uint8Array.from(part.subarray(0, MAX_LINE_BYTES - this.restLength)));
    this.restLength += part.length;
  }

  private flush(): void {
    const bytes = Buffer.concat(this.rest);
    const truncated = this.restLength > MAX_LINE_BYTES;
    this.rest = [];
    this.restLength = 0;
    this.give(this.decode(bytes), truncated);
  }

  /** Bytes that end with a line end: the way of nearly every line. */
  private whole(bytes: Buffer): void {
    const text = this.decode(bytes);
    // Asked of the bytes: as a search in the text the optimiser moves it into the loop, where it looks through the whole chunk for each line.
    let cr = bytes.includes(CR) ? text.indexOf('\r') : Number.POSITIVE_INFINITY;
    let start = 0;
    while (start < text.length) {
      const lf = text.indexOf('\n', start);
      let end = lf;
      let next = lf + 1;
      if (cr < lf || lf === -1) {
        end = cr;
        next = cr + 1 === lf ? lf + 1 : cr + 1;
        cr = text.indexOf('\r', next);
        if (cr === -1) cr = Number.POSITIVE_INFINITY;
      }
      if (end - start > MAX_LINE_BYTES) this.give(text.slice(start, start + MAX_LINE_BYTES), true);
      else this.give(text.slice(start, end), false);
      start = next;
    }
  }

  private decode(bytes: Buffer): string {
    return isAscii(bytes) ? bytes.toString('latin1') : this.decoder.decode(bytes);
  }

  private give(text: string, truncated: boolean): void {
    this.number++;
    this.onLine(this.number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text, this.number, truncated);
  }
}

function firstEnd(chunk: Buffer): number {
  const lf = chunk.indexOf(LF);
  const cr = (lf === -1 ? chunk : chunk.subarray(0, lf)).indexOf(CR);
  return cr === -1 ? lf : cr;
}

/** The lines of a stream, for readers that wait between them. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let lines: Line[] = [];
  const splitter = new LineSplitter((text, number, truncated) => lines.push({ number, text, truncated }));
  for await (const chunk of chunks) {
    splitter.push(chunk);
    yield* lines;
    lines = [];
  }
  splitter.end();
  yield* lines;
}
