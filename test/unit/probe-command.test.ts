import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { sluiceProgram } from '../../bin/commands/program.js';
import { sourcesOnAt } from '../../bin/lake/sources.js';
import type { Probe } from '../../lambdas/ingest/probe.js';
import { useServedFeeds } from '../support/served-feeds.js';

const feeds = useServedFeeds();

describe('sluice sources --probe', () => {
  const home = join(feeds.root, 'home');
  async function sluice(...args: string[]): Promise<{ code: number; stdout: string }> {
    const written: string[] = [];
    const spies = [
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0),
      vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
    ];
    vi.stubEnv('SLUICE_HOME', home);
    vi.stubEnv('SLUICE_FEEDS_URL', feeds.url);
    process.exitCode = 0;
    try {
      await (await sluiceProgram()).parseAsync(['sources', ...args], { from: 'user' });
      return { code: process.exitCode, stdout: written.join('') };
    } finally {
      process.exitCode = 0;
      vi.unstubAllEnvs();
      for (const spy of spies) spy.mockRestore();
    }
  }
  const json = async (...args: string[]) => {
    const { code, stdout } = await sluice(...args, '--json');
    return { code, probes: JSON.parse(stdout) as Probe[] };
  };

  test('asks every source that is on, needs no lake, and ends with 0 where all are as declared', async () => {
    feeds.asked.length = 0;
    const { code, probes } = await json('--probe', '--feeds', 'recorded');
    expect([code, probes.map(({ source: name, outcome }) => [name, outcome])]).toEqual([0, sourcesOnAt('local').map((name) => [name, 'ok'])]);
    expect([...feeds.asked].sort()).toEqual(
      sourcesOnAt('local')
        .map((name) => `/${name}`)
        .sort(),
    );
  });

  test('ends with 3 where some differ or fail, with 1 where the one that is named fails', async () => {
    await feeds.breakFeed('oisd_small', { status: 404 });
    expect((await json('--probe', '--feeds', 'recorded')).code).toBe(3);
    const one = await json('--probe', 'oisd_small', '--feeds', 'recorded');
    expect([one.code, one.probes.map(({ source: name, outcome }) => [name, outcome])]).toEqual([1, [['oisd_small', 'failed']]]);
    await feeds.breakFeed('oisd_small', { body: '<html></html>' });
    expect((await json('oisd_small', '--probe', '--feeds', 'recorded')).code).toBe(3);
  });

  test('shows people a row each, with what differs in words', async () => {
    await feeds.breakFeed('majestic', { body: '<html></html>' });
    const { stdout } = await sluice('--probe', '--feeds', 'recorded');
    expect(stdout).toMatch(/^source\toutcome\tstatus\tredirects\tsize\tformat\trows\twhat differs$/m);
    expect(stdout).toMatch(/^crux\tok\t200\t\t[\d.]+ kB\tranked_csv\t1800\t$/m);
    expect(stdout).toMatch(/^majestic\tdiffers\t200\t\t13 B\t\t\tthe body is HTML$/m);
  });

  test('probes one that is off, by its name', async () => {
    expect(await json('--probe', 'hagezi_tif', '--feeds', 'recorded')).toMatchObject({ code: 0, probes: [{ source: 'hagezi_tif', outcome: 'ok', detected: 'wildcard' }] });
  });

  test('does not ask a source again before its interval has passed since the last probe from here', async () => {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'probes.json'), JSON.stringify({ cert_pl: Date.now() }));
    feeds.asked.length = 0;
    expect(await json('--probe', 'cert_pl', '--feeds', 'live')).toMatchObject({
      code: 0,
      probes: [{ outcome: 'skipped', reason: expect.stringContaining('not to be fetched before') }],
    });
    expect(feeds.asked).toEqual([]);
  });

  test.each([
    ['an unknown source', ['--probe', 'nope'], /unknown source "nope"/],
    ['two names', ['oisd_small', '--probe', 'majestic'], /name one source/],
    ['feeds without a probe', ['--feeds', 'recorded'], /--feeds is said of --probe/],
  ])('is misuse with %s', async (_what, args, message) => {
    await expect(sluice(...args)).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  });
});
