import type { Collector, Details, Format } from './parsed.js';

/** A body larger than this is no list that somebody keeps by hand. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * `{"allow": [...], "deny": [...]}`: names, or objects of `domain`, `reason` and `until` (ISO 8601). `*.d` means what is
 * below too.
 *
 * The line of an entry is its place in its array, from 1.
 */
export const allowDenyJson: Format = (out) => {
  const lines: string[] = [];
  let characters = 0;
  return {
    line(text) {
      characters += text.length + 1;
      if (characters <= MAX_CHARACTERS) lines.push(text);
    },
    end() {
      if (characters > MAX_CHARACTERS) return out.rejectRow(1, `more than ${MAX_CHARACTERS} characters`, lines[0] ?? '');
      let value: unknown;
      try {
        value = JSON.parse(lines.join('\n'));
      } catch (error) {
        return out.rejectRow(1, `not JSON: ${(error as Error).message}`, lines[0] ?? '');
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return out.rejectRow(1, 'not an object with allow and deny', JSON.stringify(value));
      for (const [name, items] of Object.entries(value)) takeList(out, name, items);
    },
  };
};

function takeList(out: Collector, list: string, items: unknown): void {
  if ((list !== 'allow' && list !== 'deny') || !Array.isArray(items)) {
    out.rejectRow(1, 'neither allow nor deny with a list', list);
    return;
  }
  const action: Pick<Details, 'action'> = list === 'allow' ? { action: 'allow' } : {};
  let place = 0;
  for (const item of items as unknown[]) {
    place++;
    const given = typeof item === 'string' ? { domain: item } : item;
    const { domain, reason, until } = (typeof given === 'object' && given !== null ? given : {}) as { domain?: unknown; reason?: unknown; until?: unknown };
    if (typeof domain !== 'string') {
      out.rejectRow(place, 'neither a name nor an object with domain', JSON.stringify(item) ?? '', action.action);
      continue;
    }
    const ends = until === undefined ? null : typeof until === 'string' ? Date.parse(until) : Number.NaN;
    if (Number.isNaN(ends)) {
      out.rejectRow(place, 'until is no instant', JSON.stringify(item), action.action);
      continue;
    }
    out.row();
    const below = domain.startsWith('*.');
    out.name(below ? domain.slice(2) : domain, below ? 'subtree' : 'exact', place, {
      ...action,
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(ends === null ? {} : { valid_until: new Date(ends).toISOString() }),
    });
  }
}
