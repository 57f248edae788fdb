import { expect, test } from 'vitest';
import { lastError } from '../../localstack/front-door/run-record.js';

test.each([
  ['2026 CRITICAL medallion lease lost\njava.lang.IllegalStateException: stopped\n', '2026 CRITICAL medallion lease lost'],
  ['java.io.IOException: a\njava.io.IOException: b\n  at x.y\n', 'java.io.IOException: b'],
  [
    'Caused by: java.io.IOException: c\n\tat org.apache.spark.util.SparkErrorUtils.tryWithSafeFinally(SparkErrorUtils.scala:64)\n\t... 1 more\n',
    'Caused by: java.io.IOException: c',
  ],
  ['a\nb\n\n', 'b'],
  ['', 'no output'],
])('what a run ended of is its own last word, else the last error, else the last line: %j', (log, said) => expect(lastError(log)).toBe(said));
