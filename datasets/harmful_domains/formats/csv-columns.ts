/** Where the columns that are read stand in a row; {@link ABSENT} for one that it has not. */
export type Columns<Name extends string> = Readonly<Record<Name, number>>;

/** No row has so many fields: what stands there is undefined. */
const ABSENT = 65_536;

export interface CsvShape<Name extends string> {
  /** Names of the columns as documented, in their order, in lower case; a second layout where documents and time differ. */
  readonly layouts: readonly (readonly string[])[];
  /** What is read where the header has it; every row reaches so far. */
  readonly reads: readonly Name[];
  /** What is read where a row has it. */
  readonly extras?: readonly Name[];
  /** What no row can do without. */
  readonly needs: readonly Name[];
  /** Fields of a row at least, where no header says which they are. */
  readonly least: number;
}

export interface CsvLayout<Name extends string> {
  readonly at: Columns<Name>;
  /** Fields of a row at least. */
  readonly least: number;
  /** Names in the header, where it says no more than the first names of a documented layout: wider rows are as that layout has them. */
  readonly beginsWith?: number;
}

/** The words of a line that may be a header, in lower case. */
export const headerWords = (text: string): string[] =>
  text.split(',').map((word) =>
    word
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim()
      .toLowerCase(),
  );

/** Whether words are a header: two of them or more, and at least half of all, are names of documented columns. */
export function isHeader<Name extends string>({ layouts }: CsvShape<Name>, words: readonly string[]): boolean {
  const known = words.filter((word) => layouts.some((layout) => layout.includes(word))).length;
  return known >= 2 && known * 2 >= words.length;
}

/** What a header says of the rows below it, or why they cannot be read by it. */
export function layoutOf<Name extends string>(shape: CsvShape<Name>, header: readonly string[]): CsvLayout<Name> | string {
  const missing = shape.needs.filter((name) => !header.includes(name));
  if (missing.length > 0) return `has no column ${missing.join(', ')}`;
  const twice = [...shape.reads, ...(shape.extras ?? [])].find((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (twice !== undefined) return `names the column ${twice} twice`;
  const at = positions(shape, header);
  const places = shape.reads.map((name) => at[name]).filter((place) => place !== ABSENT);
  const cut = shape.layouts.some((layout) => layout.length > header.length && header.every((name, i) => layout[i] === name));
  return { at, least: Math.max(...places) + 1, ...(cut ? { beginsWith: header.length } : {}) };
}

/** By position, for a body without header: the documented layout of as many columns, else the first. */
export function documentedLayout<Name extends string>(shape: CsvShape<Name>, width: number): CsvLayout<Name> {
  const layout = shape.layouts.find((each) => each.length === width) ?? shape.layouts[0] ?? [];
  return { at: positions(shape, layout), least: shape.least };
}

function positions<Name extends string>({ reads, extras = [] }: CsvShape<Name>, names: readonly string[]): Columns<Name> {
  const at = (name: Name): number => (names.includes(name) ? names.indexOf(name) : ABSENT);
  return Object.fromEntries([...reads, ...extras].map((name) => [name, at(name)])) as Record<Name, number>;
}
