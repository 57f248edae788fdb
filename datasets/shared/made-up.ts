/** A small generator of repeatable numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SYLLABLES = ['ba', 'ko', 'li', 'mer', 'nu', 'pra', 'sto', 'tek', 'vo', 'xi', 'zan', 'del', 'fi', 'gru', 'hy', 'jo'];
const PREFIXES = ['ads', 'track', 'pixel', 'login', 'cdn', 'stat', 'click', 'promo', 'metrics', 'x'];
/** Reserved by RFC 2606 and RFC 6761: no generated name can be anybody's. */
const TOPS = ['example', 'test', 'invalid', 'example.com', 'example.net', 'example.org'];

/** Distinct names, reserved all of them. */
export function generateNames(random: () => number, count: number): Set<string> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const word = () => Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(SYLLABLES)).join('');
  const names = new Set<string>();
  while (names.size < count) {
    const host = `${word()}${Math.floor(random() * 1000)}.${pick(TOPS)}`;
    names.add(random() < 0.6 ? `${pick(PREFIXES)}${Math.floor(random() * 100)}.${host}` : host);
  }
  return names;
}
