import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../localstack/paths.js';

const pages = ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).flatMap((file) => (file.endsWith('.md') ? [join('docs', file)] : []))];

interface Link {
  readonly said: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

function linksOf(page: string): Link[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].flatMap(([, said = '', to = '']) => {
    if (/^[a-z]+:/.test(to)) return [];
    const [path = '', anchor] = to.split('#');
    return [{ said, file: path === '' ? page : normalize(join(dirname(page), path)), anchor }];
  });
}

/** How GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe('the documentation', () => {
  test.each(pages)('%s leads to what is there', (page) => {
    for (const { said, file, anchor } of linksOf(page)) {
      expect(existsSync(join(ROOT, file)), `${page}: [${said}] leads to ${file}`).toBe(true);
      if (anchor === undefined || !file.endsWith('.md')) continue;
      const headings = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
      expect(headings, `${page}: [${said}] leads to ${file}#${anchor}`).toContain(anchor);
    }
  });

  test('names things of the code that the linked files have', () => {
    const named = linksOf('docs/architecture.md').filter(({ said }) => /^`\w+`$/.test(said));
    expect(named.length).toBeGreaterThan(20);
    for (const { said, file } of named)
      expect(readFileSync(join(ROOT, file), 'utf8'), `${said} in ${file}`).toMatch(new RegExp(`\\b(function\\*?|const|class|interface|type|def) ${said.slice(1, -1)}\\b`));
  });
});
