import { edgeChild, edgeLength, edgeStart, exceptionsRoot, labelText, nodeFlags, rulesRoot } from 'tldts/dist/cjs/src/data/trie.js';

const ICANN = 1;

/** The public suffix list as tldts has it, laid out flat. */
export interface SuffixRules {
  /** Rules and whether each is private (of a company, not of a registry); `*.d` and `!d` as the list writes them. */
  readonly rules: ReadonlyMap<string, 'icann' | 'private'>;
  /** The last labels of all rules: `za` has rules below it only, and is a top level all the same. */
  readonly topLevels: ReadonlySet<string>;
}

/** Reads the rules out of tldts's own data (a test holds the two against each other); some milliseconds, once. */
export function suffixRules(): SuffixRules {
  const offsets = new Uint32Array(edgeLength.length);
  for (let edge = 1; edge < edgeLength.length; edge++) offsets[edge] = (offsets[edge - 1] ?? 0) + (edgeLength[edge - 1] ?? 0);
  const rules = new Map<string, 'icann' | 'private'>();
  const topLevels = new Set<string>();
  const walk = (node: number, below: string, mark: '' | '!'): void => {
    for (let edge = edgeStart[node] ?? 0; edge < (edgeStart[node + 1] ?? 0); edge++) {
      const at = offsets[edge] ?? 0;
      const label = labelText.slice(at, at + (edgeLength[edge] ?? 0));
      const name = below === '' ? label : `${label}.${below}`;
      const child = edgeChild[edge] ?? 0;
      const flags = nodeFlags[child] ?? 0;
      if (below === '') topLevels.add(label);
      if (flags !== 0) rules.set(mark + name, (flags & ICANN) !== 0 ? 'icann' : 'private');
      walk(child, name, mark);
    }
  };
  walk(rulesRoot, '', '');
  walk(exceptionsRoot, '', '!');
  return { rules, topLevels };
}
