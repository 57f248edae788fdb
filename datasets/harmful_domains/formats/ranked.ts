import type { Format } from './parsed.js';

/** Columns that hold the rank, and those that hold the name, as publishers call them. */
const RANK = new Set(['rank', 'globalrank', 'position']);
const NAME = new Set(['domain', 'origin', 'host', 'hostname', 'name', 'site']);

const unquoted = (cell: string): string => cell.trim().replace(/^"(.*)"$/, '$1');

/**
 * A ranked list of few columns, by its header (CrUX: `origin,rank`, https://github.com/zakird/crux-top-lists) or without
 * one (Tranco, Umbrella: `rank,domain`). An origin counts as its host; a leading `www.` is a way to write the site, so
 * that the name behind it counts too. It is in the order of its ranks: the first row beyond the contract's `top` ends it. A header
 * without one of the two refuses the body.
 */
export const rankedCsv: Format = (out, { top }) => {
  let [rankAt, nameAt] = [0, 1];
  let begun = false;
  let beyond = false;
  let unreadable: string | null = null;
  return {
    line(text, number, truncated) {
      const content = text.trim();
      if (content === '' || content.startsWith('#')) return out.comment();
      if (beyond) return out.ignoreRow();
      if (truncated) return out.rejectRow(number, 'line too long', content);
      const cells = content.split(',').map(unquoted);
      if (!begun) {
        begun = true;
        const header = cells.map((cell) => cell.toLowerCase());
        const [rank, name] = [header.findIndex((cell) => RANK.has(cell)), header.findIndex((cell) => NAME.has(cell))];
        if (rank >= 0 || name >= 0) {
          [rankAt, nameAt] = [rank, name];
          if (rank < 0 || name < 0) unreadable = `its header (line ${number}) has no column ${rank < 0 ? [...RANK].join(' or ') : [...NAME].join(' or ')}`;
          if (unreadable !== null) out.refusal ??= `${unreadable}: has the list changed its columns?`;
          return out.boilerplate();
        }
      }
      if (unreadable !== null) return out.rejectRow(number, unreadable, content);
      const [rank = '', name = ''] = [cells[rankAt], cells[nameAt]];
      if (!/^\d{1,12}$/.test(rank)) return out.rejectRow(number, 'row without a rank', content);
      beyond = top !== undefined && Number(rank) > top;
      if (beyond) return out.ignoreRow();
      out.row();
      const host = /^https?:\/\/([^/:]+)/i.exec(name)?.[1] ?? name;
      out.name(host, 'exact', number);
      const site = /^www\.(.+\..+)$/i.exec(host)?.[1];
      if (site !== undefined) out.name(site, 'exact', number);
    },
  };
};
