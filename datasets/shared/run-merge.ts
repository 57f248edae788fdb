import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { isBefore } from './row-order.js';

const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

/** Walks the rows of a sorted run, each with its line end, in memory or piece by piece from a file. */
export class RunCursor {
  /** Where the row stands, its line end not counted. */
  start = 0;
  end = -1;
  private text: string | null = null;
  private readonly descriptor: number | null;

  /** @param length bytes of the run in `bytes` */
  private constructor(
    public bytes: Buffer,
    private length: number,
    file: string | null,
  ) {
    this.descriptor = file === null ? null : openSync(file, 'r');
    this.look();
  }

  static of(bytes: Buffer): RunCursor {
    return new RunCursor(bytes, bytes.length, null);
  }

  static ofFile(file: string): RunCursor {
    return new RunCursor(Buffer.allocUnsafe(CHUNK_BYTES), 0, file);
  }

  /** Goes to the next row; false where there is none. */
  next(): boolean {
    this.start = this.end + 1;
    for (this.end = this.start; ; this.end++) {
      while (this.end === this.length) if (!this.fill()) return false;
      if (this.bytes[this.end] === LF) return true;
    }
  }

  /** Text of the row between two places in the bytes. */
  slice(from: number, to: number): string {
    return this.text === null ? this.bytes.toString('utf8', from, to) : this.text.slice(from, to);
  }

  isBefore(other: RunCursor): boolean {
    return isBefore(this.bytes, this.start, this.end, other.bytes, other.start, other.end);
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
  }

  /** Moves what is left to the front and reads on behind it; false at the file's end. */
  private fill(): boolean {
    if (this.descriptor === null) return false;
    const rest = this.bytes.subarray(this.start, this.length);
    const into = rest.length > this.bytes.length / 2 ? Buffer.allocUnsafe(2 * this.bytes.length) : this.bytes;
    rest.copy(into);
    this.bytes = into;
    const read = readSync(this.descriptor, into, rest.length, into.length - rest.length, null);
    this.start = 0;
    this.end = rest.length;
    this.length = rest.length + read;
    this.look();
    return read > 0;
  }

  /** Text is made of whole pieces where each byte is a character: a row costs no decoding of its own. */
  private look(): void {
    const piece = this.bytes.subarray(0, this.length);
    this.text = isAscii(piece) ? piece.toString('latin1') : null;
  }
}

const NONE = -1;

/** Merges sorted runs: a tree of those that lost against another, so that a row costs one comparison a level. */
export class RunMerge {
  /** At each node the number of the run that lost there; leaves stand behind the nodes. */
  private readonly losers: Int32Array;
  private winner = NONE;
  private begun = false;

  constructor(private readonly runs: readonly RunCursor[]) {
    this.losers = new Int32Array(runs.length).fill(NONE);
  }

  /** The run whose row is the least, its row until this is asked again; null behind the last. */
  next(): RunCursor | null {
    if (!this.begun) {
      this.begun = true;
      this.winner = this.runs.length === 0 ? NONE : this.play(1);
    } else if (this.winner !== NONE) this.winner = this.replay(this.winner);
    return this.runs[this.winner] ?? null;
  }

  private play(node: number): number {
    if (node >= this.runs.length) return this.advance(node - this.runs.length);
    const [left, right] = [this.play(2 * node), this.play(2 * node + 1)];
    const wins = this.isBefore(right, left);
    this.losers[node] = wins ? left : right;
    return wins ? right : left;
  }

  private replay(run: number): number {
    let winner = this.advance(run);
    for (let node = (run + this.runs.length) >> 1; node > 0; node >>= 1) {
      const other = this.losers[node] as number;
      if (!this.isBefore(other, winner)) continue;
      this.losers[node] = winner;
      winner = other;
    }
    return winner;
  }

  private advance(run: number): number {
    return (this.runs[run] as RunCursor).next() ? run : NONE;
  }

  private isBefore(one: number, other: number): boolean {
    if (one === NONE) return false;
    return other === NONE || (this.runs[one] as RunCursor).isBefore(this.runs[other] as RunCursor);
  }
}
