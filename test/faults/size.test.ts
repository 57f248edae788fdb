import { describe, expect, test } from 'vitest';
import type { ListSource } from '../../contracts/index.js';
import { findDataset } from '../../datasets/index.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import type { Progress } from '../../lambdas/monitor/overview.js';
import { until } from '../../localstack/process.js';
import { type Lake, useLake } from '../support/lake.js';

/** Names of the list that grows; the issue's own size, 5,000,000, takes some twenty minutes here. */
const LARGE = Number(process.env.SLUICE_SIZE_NAMES ?? 300_000);
const COME_AND_GO = Math.round(LARGE / 3);
const HOURS = 24;
const MINUTE = 60_000;

/** A line of a list of each text format that says a name and nothing else. */
const LINES: Readonly<Record<string, (name: string) => string>> = {
  hosts: (name) => `0.0.0.0 ${name}`,
  plain: (name) => name,
  wildcard: (name) => `*.${name}`,
  adblock: (name) => `||${name}^`,
  unbound: (name) => `local-zone: "${name}." always_null`,
};

type Listed = ListSource & { readonly format?: string };

/** Off by default for their size; each is given a test of its own. */
const SWITCHED_ON = ['hagezi_tif', 'oisd_big'];

const named = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}.example`);

describe('sizes beyond a usual day, in a driver of a small heap', () => {
  let lake: Lake;
  const heap = process.env.SLUICE_DRIVER_MEMORY;
  // Too small for all that waits at once: it is taken in batches, not lost.
  process.env.SLUICE_DRIVER_MEMORY = '800m';
  useLake(
    (started) => {
      lake = started;
      if (heap === undefined) delete process.env.SLUICE_DRIVER_MEMORY;
      else process.env.SLUICE_DRIVER_MEMORY = heap;
    },
    () => ({ generated: true, deployEnv: { SLUICE_SOURCES_ON: SWITCHED_ON.join(',') } }),
  );

  const sources = findDataset('harmful_domains').sources.filter((source): source is Listed => source.kind === 'list' && ((source as Listed).format ?? '') in LINES);
  const ten = sources.filter(({ name }) => !SWITCHED_ON.includes(name)).slice(0, 10);

  /** A check of a source whose body is this; one that its bounds refuse is released, as an operator would. */
  const publish = async ({ name, format }: Listed, names: readonly string[]): Promise<SourceCheck> => {
    const line = LINES[format ?? ''];
    if (line === undefined) throw new Error(`${name}: no line of format ${format}`);
    await lake.breakFeed(name, { body: `${names.map(line).join('\n')}\n` });
    const checked = await lake.ingest({ source: name });
    if (checked.outcome !== 'refused') return checked;
    const released = await lake.cli('release', name);
    expect(released.code, released.stderr).toBe(0);
    return checked;
  };
  const holding = (names: readonly string[]) => `(${names.map((name) => `'${name}'`).join(', ')})`;
  const active = (prefix: string) => `SELECT count(*) FROM gold.harmful_domains WHERE is_active AND name LIKE '${prefix}-%'`;
  const nothingIsLost = async () => {
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.number('SELECT count(*) FROM quarantine.harmful_domains')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
  };

  test(
    'ten lists that change whole at the same moment',
    async () => {
      expect(ten.length).toBe(10);
      await Promise.all(ten.map((source) => publish(source, named(`${source.name.replaceAll('_', '-')}-old`, 2_000))));
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE is_active AND name LIKE '%-old-%'", 20_000, 10 * MINUTE);
      const changed = await Promise.all(ten.map((source) => publish(source, named(`${source.name.replaceAll('_', '-')}-new`, 2_000))));
      // That much is not believed before somebody has looked at it.
      expect(new Set(changed.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE is_active AND name LIKE '%-new-%'", 20_000, 10 * MINUTE);
      await lake.becomes("SELECT count(*) FROM gold.harmful_domains WHERE is_active AND name LIKE '%-old-%'", 0, 10 * MINUTE);
      await nothingIsLost();
    },
    30 * MINUTE,
  );

  test(
    'a name that all sources list is one row that says so, until the last has dropped it',
    async () => {
      const everywhere = 'everybody-lists-this.example';
      const bodies = new Map(ten.map((source) => [source, named(`${source.name.replaceAll('_', '-')}-new`, 2_000)]));
      await Promise.all(ten.map((source) => publish(source, [...(bodies.get(source) ?? []), everywhere])));
      const row = `SELECT source_count FROM gold.harmful_domains WHERE name = '${everywhere}' AND is_active`;
      await lake.becomes(row, ten.length, 5 * MINUTE);
      await Promise.all(ten.slice(1).map((source) => publish(source, bodies.get(source) ?? [])));
      await lake.becomes(row, 1, 5 * MINUTE);
      expect(await lake.sql(`SELECT name FROM gold.harmful_domains WHERE name IN ${holding([everywhere, `x.${everywhere}`])}`)).toEqual([[everywhere]]);
      await nothingIsLost();
    },
    20 * MINUTE,
  );

  test(
    'a list that grew beyond all bounds: the lake catches up, and says meanwhile how far behind it is and when it will be done',
    async () => {
      const source = sources.find(({ name }) => name === 'hagezi_tif');
      if (source === undefined) throw new Error('hagezi_tif is no source any more');
      await publish(source, named('large', 1_000));
      await lake.becomes(active('large'), 1_000, 5 * MINUTE);
      expect((await publish(source, named('large', LARGE))).outcome).toBe('refused');
      const told: Progress[] = [];
      const states = new Set<string>();
      await until(
        async () => {
          const { findings, progress } = await waiting();
          told.push(...progress);
          for (const each of findings) states.add(each);
          // Each look sends canaries, which are on their way at the next.
          return progress.every(({ behind }) => (behind ?? LARGE) < 100) && (await lake.number(active('large'))) === LARGE;
        },
        { timeoutMs: 60 * MINUTE, everyMs: 5_000, describe: () => `it does not catch up; ${JSON.stringify(told.at(-1))}` },
      );
      const gold = told.filter(({ layer }) => layer === 'gold');
      expect(
        gold.some(({ behind }) => (behind ?? 0) > LARGE / 2),
        JSON.stringify(gold),
      ).toBe(true);
      expect(
        gold.some(({ perSecond, secondsLeft }) => (perSecond ?? 0) > 0 && (secondsLeft ?? 0) > 0),
        JSON.stringify(gold),
      ).toBe(true);
      // It is behind, and does what it can: that is not what an alarm is for.
      expect(states).not.toContain('failed');
      await nothingIsLost();
    },
    90 * MINUTE,
  );

  /** What the monitor says of layers that are behind, and of their freshness. */
  async function waiting(): Promise<{ readonly progress: readonly Progress[]; readonly findings: readonly string[] }> {
    const { checks } = await lake.monitor();
    const { facts } = JSON.parse((await lake.cli('status', '--json')).stdout) as { facts: { progress: readonly Progress[] } };
    const of = facts.progress.filter(({ dataset, behind }) => dataset === 'harmful_domains' && behind !== 0);
    const freshness = checks.filter(({ check }) => check === 'freshness').flatMap(({ findings }) => findings);
    return { progress: of, findings: freshness.filter(({ subject }) => subject.includes('harmful_domains')).map(({ state }) => state) };
  }

  test(
    'names that come and go each hour for a day',
    async () => {
      const source = sources.find(({ name }) => name === 'oisd_big');
      if (source === undefined) throw new Error('oisd_big is no source any more');
      // Bounds let a third go.
      const stay = named('stays', 2 * COME_AND_GO);
      const flap = named('comes-and-goes', COME_AND_GO);
      for (let hour = 0; hour < HOURS; hour++) await publish(source, hour % 2 === 0 ? [...stay, ...flap] : stay);
      await lake.becomes(active('stays'), stay.length, 30 * MINUTE);
      await lake.becomes(active('comes-and-goes'), 0, 30 * MINUTE);
      expect(await lake.number("SELECT count(*) FROM silver.harmful_domains WHERE name LIKE 'comes-and-goes-%'")).toBe(HOURS * COME_AND_GO);
      await publish(source, [...stay, ...flap]);
      await lake.becomes(active('comes-and-goes'), COME_AND_GO, 30 * MINUTE);
      await nothingIsLost();
    },
    120 * MINUTE,
  );
});
