/** The `deletionVector` of an action of Delta's log (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vectors). */
export interface VectorOfLog {
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly cardinality: number | bigint;
}

/** Which rows of a data file are deleted. */
export interface DeletionVector {
  readonly rows: number;
  /** The file that says which, below the table's path; null where the log itself says it. */
  readonly path: string | null;
  readonly log: VectorOfLog;
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
/** How many letters say a UUID in base 85, five for four bytes. */
export const LETTERS = 20;

/** A UUID from its letters in Z85 (https://rfc.zeromq.org/spec/32/). */
function uuidOf(letters: string): string {
  const words = letters.match(/.{5}/gs) ?? [];
  const hex = words
    .map((word) =>
      [...word]
        .reduce((sum, letter) => sum * 85 + ALPHABET.indexOf(letter), 0)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Reads what the log says of deleted rows. */
export function vectorOf(log: VectorOfLog): DeletionVector {
  const { storageType, pathOrInlineDv, cardinality } = log;
  const rows = Number(cardinality);
  if (storageType === 'i') return { rows, path: null, log };
  if (storageType === 'p') return { rows, path: pathOrInlineDv, log };
  const [folder, letters] = [pathOrInlineDv.slice(0, -LETTERS), pathOrInlineDv.slice(-LETTERS)];
  return { rows, path: `${folder === '' ? '' : `${folder}/`}deletion_vector_${uuidOf(letters)}.bin`, log };
}
