import type { Scope } from '../entries.js';
import type { Format } from './parsed.js';
import { words } from './text.js';

const COMMENT = /^(?:[#!;]|\/\/)/;

/** One name or address a line, comments by `#`, `!`, `;` or `//`, inline comments by ` #`. */
const onePerLine =
  (read: (word: string) => { name: string; scope: Scope }): Format =>
  (out) => ({
    line(text, number, truncated) {
      const content = text.trim();
      if (content === '' || COMMENT.test(content)) return out.comment();
      if (truncated) return out.rejectRow(number, 'line too long', content);
      const [word = '', next] = words(content);
      if (next !== undefined && !next.startsWith('#')) return out.rejectRow(number, 'more than a name on the line', content);
      out.row();
      const { name, scope } = read(word);
      out.name(name, scope, number);
    },
  });

/** Plain domains and addresses, each standing for exactly itself. */
export const plain: Format = onePerLine((name) => ({ name, scope: 'exact' }));

/** `*.d`: the name and everything below it; a line without the asterisk stands for itself. */
export const wildcard: Format = onePerLine((word) => (word.startsWith('*.') ? { name: word.slice(2), scope: 'subtree' } : { name: word, scope: 'exact' }));
