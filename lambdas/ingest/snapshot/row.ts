import { CHANGES, type Change, type KeptRow } from '../../../contracts/reading.js';

/** Words of builds before contracts had kinds. */
const FORMER: Readonly<Record<string, Change>> = { listed: 'added', delisted: 'gone' };
/** Columns behind the key, which may hold tabs itself. */
const BEHIND_KEY = 5;

const eventOf = (text: string): Change | undefined => FORMER[text] ?? CHANGES.find((each) => each === text);

/** A line of a snapshot: key, event, sequence, time, place, content, with tabs between them. */
export const encodeRow = ({ key, event, sequence, observedAt, place, content }: KeptRow): string => `${key}\t${event}\t${sequence}\t${observedAt}\t${place ?? ''}\t${content}\n`;

/** What stands between key and content of a row that stood, as {@link encodeRow} writes it with a place. */
const STOOD = /\t(?:added|changed)\t\d+\t\d+\t\d+\t/y;

/** Whether a stored line is a row of the body, word for word but for its place: the way of nearly every row of a list that changed. */
export function isStored(line: string, { key, content }: Pick<KeptRow, 'key' | 'content'>): boolean {
  if (!line.startsWith(key) || !line.endsWith(content)) return false;
  STOOD.lastIndex = key.length;
  return STOOD.test(line) && STOOD.lastIndex === line.length - content.length;
}

/**
 * @param former turns content that an earlier build wrote into what this one would write
 * @throws Error where a stored snapshot was damaged; `where` names it.
 */
export function decodeRow(text: string, where: string, former: (content: string) => string = (content) => content): KeptRow {
  const parts = text.split('\t');
  const [name, sequence, observedAt, place, content] = parts.slice(-BEHIND_KEY);
  const key = parts.slice(0, -BEHIND_KEY).join('\t');
  const event = eventOf(name ?? '');
  if (key === '' || event === undefined || content === undefined || !Number.isFinite(Number(sequence)) || !Number.isFinite(Number(observedAt)))
    throw new Error(`snapshot ${where} holds a line that is no row: ${JSON.stringify(text.slice(0, 120))}`);
  return {
    key,
    event,
    sequence: Number(sequence),
    observedAt: Number(observedAt),
    place: place === '' ? null : Number(place),
    content: content === '' ? '' : former(content),
  };
}
