import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { down } from '../../localstack/stack.js';
import { localCommands } from '../support/readme.js';

describe('every local command of the README, in its order', () => {
  mkdirSync(join(ROOT, '.sluice', 'tests'), { recursive: true });
  const home = homeAt(mkdtempSync(join(ROOT, '.sluice', 'tests', 'readme-')));
  afterAll(async () => {
    await down(home, () => undefined);
    rmSync(home.root, { recursive: true, force: true });
  }, 60_000);

  // `./sluice test` is what runs this.
  test.each(
    localCommands()
      .filter(({ command }) => command !== 'test')
      .map(({ line }) => line),
  )(
    '%s',
    (line) => {
      const result = spawnSync('sh', ['-c', line], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, SLUICE_HOME: home.root, SLUICE_FEEDS: '' } });
      expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
      if (line.endsWith(' demo')) expect(result.stdout).toMatch(/^stevenblack\tunified\tdomain\t20000$/m);
      if (line.includes('SELECT name')) expect(result.stdout.trim().split('\n')).toHaveLength(6);
    },
    400_000,
  );
});
