import { describe, expect, test } from 'vitest';
import { redactUrl } from '../../lambdas/ingest/http/redact.js';
import { classifyUrl } from '../harmful_domains/entries.js';
import { urlOf } from './url.js';

/** As often as the engine needs to optimise what asks. */
const OFTEN = 20_000;

describe('a URL in letters of Latin-1', () => {
  const url = 'https://b\u00fccher.example/';
  test.each([
    ['is one', () => urlOf(url)?.hostname, 'xn--bcher-kva.example'],
    ['is told', () => redactUrl(url), 'https://xn--bcher-kva.example/'],
    ['is classified', () => classifyUrl(url).kind, 'entry'],
  ])('%s however often it is asked', (_what, ask, wanted) => {
    const other = Array.from({ length: OFTEN }, ask).filter((each) => each !== wanted);
    expect(other).toEqual([]);
  });

  test('a text that is none gives nothing, and a relative one needs its base', () => {
    expect(urlOf('no URL')).toBeUndefined();
    expect(urlOf('/x')).toBeUndefined();
    expect(urlOf('/x', 'https://a.example/y')?.href).toBe('https://a.example/x');
  });
});
