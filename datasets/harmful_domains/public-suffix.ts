import { type SuffixRules, suffixRules } from './public-suffix-rules.js';

/** What {@link lookAt} saw. */
export const PLAIN = 1;
export const KNOWN_TOP_LEVEL = 2;
export const MAYBE_SUFFIX = 4;

/** Slots of the filter, a power of two; some 8 % of them are taken. */
const SLOTS = 1 << 17;
const RULE = 1;
const WILDCARD = 2;
/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), over a name from its end: each of its parents is hashed on the way. */
const SEED = -2128831035;
const step = (hash: number, code: number): number => Math.imul(hash ^ code, 16777619);
const slot = (hash: number): number => (hash ^ (hash >>> 15)) & (SLOTS - 1);

interface Filter extends SuffixRules {
  /** By slot, whether a rule, or the parent of a rule `*.d`, may have that hash. */
  readonly seen: Uint8Array;
  /** By slot, a top level that has that hash. */
  readonly tops: readonly (string | undefined)[];
}

function makeFilter(): Filter {
  const found = suffixRules();
  const seen = new Uint8Array(SLOTS);
  const tops: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  const slotOf = (name: string): number => {
    let hash = SEED;
    for (let i = name.length - 1; i >= 0; i--) hash = step(hash, name.charCodeAt(i));
    return slot(hash);
  };
  for (const rule of found.rules.keys()) {
    const wild = rule.startsWith('*.');
    const at = slotOf(wild ? rule.slice(2) : rule);
    seen[at] = (seen[at] ?? 0) | (wild ? WILDCARD : RULE);
  }
  for (const top of found.topLevels) tops[slotOf(top)] = top;
  return { ...found, seen, tops };
}

let made: Filter | undefined;
function filter(): Filter {
  made ??= makeFilter();
  return made;
}

/** Whether the public suffix list has the top level, or rules below it. */
export const isKnownTopLevel = (label: string): boolean => filter().topLevels.has(label);

/** What kind of public suffix a name of two labels or more is itself (lower-case ASCII); undefined where it is none. */
export function suffixKind(name: string): 'icann' | 'private' | undefined {
  const { rules } = filter();
  if (rules.has(`!${name}`)) return undefined;
  return rules.get(name) ?? rules.get(`*.${name.slice(name.indexOf('.') + 1)}`);
}

const LABEL = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789_-') LABEL[character.charCodeAt(0)] = 1;
const [DOT, HYPHEN, UNDERSCORE, A, Z] = [46, 45, 95, 97, 122] as const;

/**
 * One look at a name, from its end, for what decides nearly all: {@link PLAIN} (two labels or more of lower-case letters,
 * digits, `-` and `_`, a top level that no address has), {@link KNOWN_TOP_LEVEL}, and {@link MAYBE_SUFFIX}, after which
 * {@link suffixKind} has to be asked. 0 for a name that needs a closer look.
 *
 * A list asks of each of a million names whether it is a public suffix itself; nearly none is. That takes two walks of
 * tldts's trie, or a look-up by the name and one by its parent, and each costs more than this whole loop.
 */
export function lookAt(name: string): number {
  const { seen, tops } = made ?? filter();
  let hash = SEED;
  let parent = 0;
  let end = name.length;
  let seenTop = 0;
  for (let i = end - 1; i >= 0; i--) {
    const code = name.charCodeAt(i);
    if (code === DOT) {
      const length = end - i - 1;
      if (length === 0 || length > 63) return 0;
      if (seenTop === 0) {
        const [first, last] = [name.charCodeAt(i + 1), name.charCodeAt(end - 1)];
        if (first < A || first > Z || last === HYPHEN) return 0;
        const top = tops[slot(hash)];
        seenTop = top !== undefined && top.length === length && name.endsWith(top) ? PLAIN | KNOWN_TOP_LEVEL : PLAIN;
      }
      parent = hash;
      end = i;
    } else if (code > 127 || LABEL[code] !== 1 || (code === UNDERSCORE && seenTop === 0)) return 0;
    hash = step(hash, code);
  }
  if (end === 0 || end > 63 || seenTop === 0) return 0;
  if (seenTop === PLAIN && isKnownTopLevel(name.slice(name.lastIndexOf('.') + 1))) seenTop |= KNOWN_TOP_LEVEL;
  const maybe = ((seen[slot(hash)] ?? 0) & RULE) !== 0 || ((seen[slot(parent)] ?? 0) & WILDCARD) !== 0;
  return maybe ? seenTop | MAYBE_SUFFIX : seenTop;
}
