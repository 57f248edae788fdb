/** Rows that a run may hold: their numbers take the low 16 bits of what is sorted. */
export const MAX_ROWS = 65_536;
const NUMBER_LENGTH = 16;
const NUMBER_BITS = 0xffff;
/** Bytes of a row beside its number in what is sorted. */
const BYTES_AT_ONCE = 6;
/** Fewer rows than these are sorted by insertion. */
const FEW = 12;

/**
 * What a byte of UTF-8 counts as, so that bytes sort as the UTF-16 code units of their text do: first bytes of four are
 * pairs of surrogates, which come before U+E000, whose first bytes are 0xEE and 0xEF. 0 is the end of a row.
 */
const WEIGHTS = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0xf0 ? byte - 2 : byte >= 0xee ? byte + 5 : byte));

const weightAt = (bytes: Uint8Array, place: number, end: number): number => (place < end ? (WEIGHTS[bytes[place] as number] as number) : 0);

/** Rows as bytes, each with its line end, and where each begins; the last place is behind the last one's line end. */
export interface Rows {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly count: number;
}

/** Whether text of UTF-8 comes before another by its UTF-16 code units. What ends first comes first. */
export function isBefore(a: Uint8Array, fromA: number, toA: number, b: Uint8Array, fromB: number, toB: number): boolean {
  const least = Math.min(toA - fromA, toB - fromB);
  for (let i = 0; i < least; i++) {
    const [left, right] = [a[fromA + i] as number, b[fromB + i] as number];
    if (left !== right) return (WEIGHTS[left] as number) < (WEIGHTS[right] as number);
  }
  return toA - fromA < toB - fromB;
}

/**
 * Sorts rows by their code units without making text of them: six bytes at a time beside the row's number, as whole
 * numbers of 64 bits, which are sorted without a call for each comparison.
 */
export class RowOrder {
  private readonly items: BigUint64Array;
  /** The same memory: low half, high half. */
  private readonly halves: Uint32Array;

  constructor(private readonly rows: Rows) {
    this.items = new BigUint64Array(rows.count);
    this.halves = new Uint32Array(this.items.buffer);
    for (let i = 0; i < rows.count; i++) this.halves[2 * i] = i;
    this.sort(0, rows.count, 0);
  }

  /** The number of the row that stands at a place of the order. */
  at(place: number): number {
    return (this.halves[2 * place] as number) & NUMBER_BITS;
  }

  private sort(from: number, to: number, known: number): void {
    if (to - from <= FEW) {
      this.insert(from, to, known);
      return;
    }
    const depth = known + this.shared(from, to, known);
    if (!this.load(from, to, depth)) return;
    this.items.subarray(from, to).sort();
    for (let first = from; first < to; ) {
      let next = first + 1;
      while (next < to && this.isSame(first, next)) next++;
      if (next - first > 1) this.sort(first, next, depth + BYTES_AT_ONCE);
      first = next;
    }
  }

  /** Whether the bytes before the numbers are the same. */
  private isSame(one: number, other: number): boolean {
    const { halves } = this;
    return halves[2 * one + 1] === halves[2 * other + 1] && (halves[2 * one] as number) >>> NUMBER_LENGTH === (halves[2 * other] as number) >>> NUMBER_LENGTH;
  }

  private endOf(row: number): number {
    return (this.rows.starts[row + 1] as number) - 1;
  }

  /** How many bytes behind the known ones are the same in all these rows. */
  private shared(from: number, to: number, known: number): number {
    const { bytes, starts } = this.rows;
    const one = this.at(from);
    const begin = (starts[one] as number) + known;
    let least = Math.max(0, this.endOf(one) - begin);
    for (let i = from + 1; i < to && least > 0; i++) {
      const row = this.at(i);
      const start = (starts[row] as number) + known;
      const most = Math.min(least, this.endOf(row) - start);
      least = 0;
      while (least < most && bytes[begin + least] === bytes[start + least]) least++;
    }
    return least;
  }

  /** Puts the next bytes of these rows before their numbers; false where all are at their end. */
  private load(from: number, to: number, depth: number): boolean {
    const { bytes, starts } = this.rows;
    const { halves } = this;
    let any = false;
    for (let i = from; i < to; i++) {
      const row = this.at(i);
      const start = (starts[row] as number) + depth;
      const end = this.endOf(row);
      if (start < end) any = true;
      halves[2 * i + 1] = (weightAt(bytes, start, end) << 24) | (weightAt(bytes, start + 1, end) << 16) | (weightAt(bytes, start + 2, end) << 8) | weightAt(bytes, start + 3, end);
      halves[2 * i] = (weightAt(bytes, start + 4, end) << 24) | (weightAt(bytes, start + 5, end) << 16) | row;
    }
    return any;
  }

  private insert(from: number, to: number, known: number): void {
    const { bytes, starts } = this.rows;
    const { items } = this;
    for (let i = from + 1; i < to; i++) {
      const item = items[i] as bigint;
      const row = this.at(i);
      let place = i;
      for (; place > from; place--) {
        const other = this.at(place - 1);
        if (!isBefore(bytes, (starts[row] as number) + known, this.endOf(row), bytes, (starts[other] as number) + known, this.endOf(other))) break;
        items[place] = items[place - 1] as bigint;
      }
      items[place] = item;
    }
  }
}
