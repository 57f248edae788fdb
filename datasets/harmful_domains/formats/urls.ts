import type { Format } from './parsed.js';

/** One URL a line, comments by `#` or `!`. */
export const urls: Format = (out) => ({
  line(text, number, truncated) {
    const content = text.trim();
    if (content === '' || content.startsWith('#') || content.startsWith('!')) return out.comment();
    if (truncated) return out.rejectRow(number, 'line too long', content);
    out.row();
    out.url(content, number);
  },
});
