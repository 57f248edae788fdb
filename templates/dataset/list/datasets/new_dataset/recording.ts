import type { Recording } from '../../contracts/recording.js';

const ITEMS = 200;

/** A list of the publisher's shape; no item in it is anybody's. */
export const recording: Recording = {
  body(_source, random) {
    const items = Array.from({ length: ITEMS }, (_, i) => `item-${i + 1}-${Math.floor(random() * 1_000)}`);
    return `# A made-up list\n${items.join('\n')}\n`;
  },
};
