import type { CheckedSource } from '../../../contracts/index.js';
import { byDifference } from './by-difference.js';
import { edited } from './edited.js';
import { fetched } from './fetched.js';
import type { Kind } from './kind.js';

/** The kinds of sources that are checked: lists and documents are fetched whole, the operator's entries are edited; all are published by difference. */
const KINDS: { readonly [K in CheckedSource['kind']]: Kind<Extract<CheckedSource, { kind: K }>> } = {
  list: { gather: fetched, ...byDifference },
  document: { gather: fetched, ...byDifference },
  operator: { gather: edited, ...byDifference },
};

export const kindOf = ({ kind }: CheckedSource): Kind => KINDS[kind] as Kind;
