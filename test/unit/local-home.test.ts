import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, defaultHome, ROOT } from '../../localstack/paths.js';
import { until } from '../../localstack/process.js';

test.each([
  [undefined, join(ROOT, '.sluice')],
  ['', join(ROOT, '.sluice')],
  ['elsewhere', join(process.cwd(), 'elsewhere')],
  ['/else/where', '/else/where'],
])('SLUICE_HOME %j is the home %s: servers have a working folder of their own and need the whole path', (home, root) => {
  const env = home === undefined ? {} : { SLUICE_HOME: home };
  expect(defaultHome(env)).toMatchObject({ root, run: join(root, 'run'), tools: join(ROOT, '.sluice', 'tools') });
});

test.each([
  [{}, join(homedir(), '.cache', 'sluice')],
  [{ XDG_CACHE_HOME: '' }, join(homedir(), '.cache', 'sluice')],
  [{ XDG_CACHE_HOME: '/x' }, '/x/sluice'],
  [{ SLUICE_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
  [{ SLUICE_CACHE: '', XDG_CACHE_HOME: '/x' }, '/x/sluice'],
])('the cache of %j is %s', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});

test('what is gone is not waited for', async () => {
  const gone = new AbortController();
  const waiting = until(async () => false, { timeoutMs: 3_600_000, everyMs: 1, describe: () => String(gone.signal.reason), signal: gone.signal });
  gone.abort('exit 1');
  await expect(waiting).rejects.toThrow('exit 1');
});
