/**
 * The URL that a text is, relative to `base` where one is given; undefined where it is none. Never throws.
 *
 * Not by URL.canParse: called often enough, it refuses letters of Latin-1 for ever (Node 20; findings/).
 */
export function urlOf(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
