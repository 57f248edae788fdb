import type { Recording } from '../../contracts/recording.js';

const ITEMS = 200;

/** A document of the publisher's shape; no item in it is anybody's. */
export const recording: Recording = {
  body(_source, random) {
    const items = Array.from({ length: ITEMS }, (_, i) => ({
      id: `item-${i + 1}`,
      title: `Made-up item ${i + 1}`,
      size: Math.round(random() * 100) / 10,
      free: random() < 0.5,
      published: `2026-${String(1 + Math.floor(random() * 9)).padStart(2, '0')}-01`,
    }));
    return `${JSON.stringify({ items })}\n`;
  },
};
