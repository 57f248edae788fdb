import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowOrder } from './row-order.js';

/** Texts in the order that their bytes were sorted into. */
function ordered(texts: readonly string[]): string[] {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, i) => {
    starts[i + 1] = (starts[i] as number) + Buffer.byteLength(text) + 1;
  });
  const order = new RowOrder({ bytes, starts, count: texts.length });
  return texts.map((_, place) => texts[order.at(place)] as string);
}

// Few characters, so that rows agree far in; those where UTF-8 and UTF-16 sort apart among them.
const character = fc.constantFrom('a', 'b', '\t', '\u00e9', '\ud7ff', '\ue000', '\uffee', '\u{1f600}', '\u{10ffff}');

test('rows sorted as bytes stand as their texts do by code units, however much they have in common', () => {
  const text = fc.array(character, { maxLength: 20 }).map((characters) => characters.join(''));
  const shared = fc.tuple(fc.constantFrom('', 'domain\t', 'domain\twww.a.b'), text).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(shared, { maxLength: 120 }), (texts) => {
      expect(ordered(texts)).toEqual([...texts].sort());
    }),
    { numRuns: 300 },
  );
});

test('rows that are all the same stay, however many', () => {
  const same = Array.from({ length: 60_000 }, () => 'domain\tads.example\texact\tblock\t0000000001\t');
  expect(ordered(same)).toEqual(same);
});
