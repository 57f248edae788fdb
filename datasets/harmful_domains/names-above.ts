import type { Entry } from './entries.js';

/** Names, each with flags of what the list says of it: those that its exceptions stand on or below. */
export type Flags = ReadonlyMap<string, number>;

export const EXACT = 1;
export const SUBTREE = 2;
/** Times one of the above: of an important rule. */
export const IMPORTANT = 4;
/** An unbound zone whose own data answer. */
export const ZONE_THAT_ANSWERS = 8;
/** All below is let pass. */
export const OPEN = 16;
/** All below is blocked by a rule that is not freed. */
export const COVERS = 32;

/** Names above one, nearest first. */
export function* above(name: string): Generator<string> {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

/** Whether an important rule of the list overrules all of an exception. */
export function isUnderImportant(name: string, { important, wide }: { readonly important: boolean; readonly wide: boolean }, seen: Flags): boolean {
  if (important) return false;
  const here = seen.get(name) ?? 0;
  if (here & SUBTREE || (here & EXACT && !wide)) return true;
  for (const parent of above(name)) if ((seen.get(parent) ?? 0) & SUBTREE) return true;
  return false;
}

/** Whether an exception of the list frees all that one of its rules blocks. */
export function isFreed(name: string, scope: Entry['scope'], important: boolean, freed: Flags): boolean {
  if (freed.size === 0) return false;
  const strength = important ? IMPORTANT : 1;
  // An exception of the name alone leaves what is below it.
  if ((freed.get(name) ?? 0) & ((scope === 'exact' ? EXACT | SUBTREE : SUBTREE) * strength)) return true;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) if ((freed.get(name.slice(dot + 1)) ?? 0) & (SUBTREE * strength)) return true;
  return false;
}

/** Whether the nearest statement above a name blocks all below. @param asData as data that a zone may not let answer */
export function isCovered(name: string, seen: Flags, asData: boolean): boolean {
  for (const parent of above(name)) {
    const flags = seen.get(parent) ?? 0;
    if (flags & COVERS) return true;
    if (flags & SUBTREE) return !asData || (flags & ZONE_THAT_ANSWERS) !== 0;
    if (flags & OPEN) return false;
  }
  return false;
}
