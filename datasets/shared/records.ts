/** Told of each record of a document, and which it is, from 1. */
export type OnRecord = (record: unknown, place: number) => void;

/** A document that cannot be read as what it is said to be; the message says where. */
export class UnreadableDocument extends Error {
  override readonly name = 'UnreadableDocument';
}
