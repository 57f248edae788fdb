import { expect, test } from 'vitest';
import { sourceProblems } from '../../contracts/sources/validate.js';
import { findDataset } from '../../datasets/index.js';

test('of what a document says of its records something is news; a list may say no more than that a row is there', () => {
  const emptied = (name: string) => {
    const { sources, record } = findDataset(name);
    return sourceProblems({ sources, record: { ...record, content: [] } });
  };
  expect(emptied('vulnerabilities')).toEqual([expect.stringMatching(/^record\.content: it is empty, .* name those that are: \w+, /)]);
  expect(emptied('harmful_domains')).toEqual([]);
});
