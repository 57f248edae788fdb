import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchStopJobRunCommand, GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateLoad } from '../../bench/load.js';
import { contractsJson } from '../../bin/contracts-json.js';
import { SOURCE_STATE_NAMES } from '../../datasets/harmful_domains/contract.js';
import { seeded } from '../../datasets/shared/made-up.js';
import { DELTA_CONF, driverPython, sparkProfile, submitArguments } from '../../localstack/front-door/spark-profile.js';
import { localBucket, localName } from '../../localstack/identity.js';
import { ROOT } from '../../localstack/paths.js';
import { sleep, until } from '../../localstack/process.js';
import { client } from '../../localstack/stack/instance.js';
import { runIsAlive } from '../../localstack/stack/job-runs.js';
import { type Lake, useLake } from '../support/lake.js';

const KILLS = Number(process.env.SLUICE_KILLS ?? 20);
const SEED = Number(process.env.SLUICE_SEED ?? 20261123);
const PER_SECOND = 100;
const KEYS = 1_000;
const MEAN_SECONDS_BETWEEN_KILLS = 14;
const JOBS = ['bronze', 'silver', 'gold'] as const;
const BUCKETS = { lake: localBucket('lake'), scratch: localBucket('artefacts') };

describe(`${KILLS} SIGKILLs over the three Spark processes under load, seed ${SEED}`, () => {
  let lake: Lake;
  let loaded = 0;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ deployEnv: { SLUICE_LAYOUT: 'separate' } }),
  );
  const glue = () => client(GlueClient, lake.state);
  const maxInGold = `SELECT max(s.sequence) FROM gold.harmful_domains CROSS JOIN UNNEST(sources) AS s(${SOURCE_STATE_NAMES})`;

  test('end with every record once in Silver', async () => {
    const random = seeded(SEED);
    const seconds = KILLS * MEAN_SECONDS_BETWEEN_KILLS;
    const load = generateLoad({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, perSecond: PER_SECOND, keys: KEYS, seconds });
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(random() * 2 * MEAN_SECONDS_BETWEEN_KILLS * 1000);
      const job = JOBS[Math.floor(random() * JOBS.length)] ?? 'bronze';
      const run = lake.run(job);
      if (run && runIsAlive(run)) await lake.kill(job);
      process.stderr.write(`  kill ${kill + 1} of ${KILLS}: ${job}\n`);
      await lake.watchdog();
    }
    loaded = await load;
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load'", loaded, 600_000);
    await lake.becomes(maxInGold, loaded, 600_000);
    await lake.becomes('SELECT sum(added + removed) FROM gold.harmful_domain_daily', loaded);
    await lake.becomes('SELECT sum(added_30_days + removed_30_days) FROM gold.source_quality', loaded);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
  }, 2_000_000);

  test('leave tables whose rows, coordinates included, equal those of a run without kills', async () => {
    const reference = `s3a://${BUCKETS.scratch}/reference`;
    for (const job of JOBS) {
      const JobName = localName(job);
      const running = lake.run(job);
      if (running)
        await glue()
          .send(new BatchStopJobRunCommand({ JobName, JobRunIds: [running.id] }))
          .catch(() => undefined);
      // The watchdog may start an ordinary run in between: it is stopped again until ours is the one that runs.
      await until(
        async () => {
          const Arguments = { '--lake': `${reference}/lake`, '--checkpoints': `${reference}/checkpoints`, '--release': lake.run(job)?.arguments['--release'] ?? '' };
          return glue()
            .send(new StartJobRunCommand({ JobName, Arguments }))
            .then(
              () => true,
              async () => {
                const other = lake.run(job);
                if (other && other.arguments['--lake'] !== `${reference}/lake`)
                  await glue()
                    .send(new BatchStopJobRunCommand({ JobName, JobRunIds: [other.id] }))
                    .catch(() => undefined);
                return false;
              },
            );
        },
        { timeoutMs: 120_000, everyMs: 1_000, describe: () => `${JobName} could not be started on the reference lake` },
      );
    }
    const deadline = Date.now() + 600_000;
    for (;;) {
      const results = compare(lake, `s3a://${BUCKETS.lake}`, `${reference}/lake`);
      const equal = results.every(({ missing, surplus }) => missing === 0 && surplus === 0);
      if (equal || Date.now() > deadline) {
        process.stderr.write(`  ${JSON.stringify(results)}\n`);
        expect(results.filter(({ missing, surplus }) => missing + surplus > 0)).toEqual([]);
        expect(results.find(({ table }) => table === 'silver.harmful_domains')?.rows).toBe(loaded);
        break;
      }
      await sleep(15_000);
    }
  }, 900_000);
});

interface Comparison {
  readonly table: string;
  readonly rows: number;
  readonly missing: number;
  readonly surplus: number;
}

/** Runs compare_lakes.py; a table that the reference has not made yet counts as different. */
function compare(lake: Lake, left: string, right: string): Comparison[] {
  const work = mkdtempSync(join(tmpdir(), 'sluice-compare-'));
  try {
    const contracts = join(work, 'contracts.json');
    writeFileSync(contracts, contractsJson());
    const { home, state } = lake;
    const conf = {
      ...sparkProfile(home, { s3Endpoint: state.emulatorUrl, uiPort: 0, memory: '1g', runTmp: work }),
      'spark.ui.enabled': 'false',
      ...DELTA_CONF,
    };
    const output = execFileSync(driverPython(home), [join(ROOT, 'test', 'support', 'compare_lakes.py'), contracts, left, right], {
      encoding: 'utf8',
      cwd: work,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, JAVA_HOME: join(home.tools, 'java17'), PYSPARK_SUBMIT_ARGS: submitArguments(conf), SPARK_LOCAL_IP: '127.0.0.1' },
    });
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Comparison);
  } catch (error) {
    return [{ table: 'all', rows: 0, missing: 1, surplus: 0, ...{ error: String(error).slice(-300) } }];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

describe('an upgrade under load', () => {
  let lake: Lake;
  const copy = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'));
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ deployEnv: { SLUICE_LAYOUT: 'separate' } }),
  );
  beforeAll(() => {
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    for (const file of files) cpSync(join(ROOT, file), join(copy, file), { recursive: true });
    mkdirSync(join(copy, '.sluice'), { recursive: true });
    symlinkSync(join(ROOT, '.sluice', 'tools'), join(copy, '.sluice', 'tools'));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const edit = (file: string, from: string, to: string) => {
    const text = readFileSync(join(copy, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(copy, file), text.replace(from, to));
  };
  const upgrade = () =>
    execFileSync(join(copy, 'sluice'), ['up'], {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SLUICE_HOME: lake.home.root, SLUICE_LAYOUT: 'separate' },
    });

  test('restarts the jobs at their checkpoints, with nothing lost or doubled', async () => {
    const before = lake.run('silver')?.arguments['--release'];
    const load = generateLoad({ bootstrapServers: `127.0.0.1:${lake.state.ports.kafka}`, perSecond: PER_SECOND, keys: KEYS, seconds: 150 });
    await sleep(45_000);
    edit('datasets/harmful_domains/contract.ts', '      line: {', "      note: { type: 'string', description: 'A field added by the upgrade test', example: 'x' },\n      line: {");
    edit('datasets/harmful_domains/contract.ts', 'version: 3', 'version: 4');
    edit('glue-jobs/medallion/layers/silver/parse.py', 'MALFORMED = "malformed"', 'MALFORMED = "malformed"  # a changed job script');
    upgrade();
    const loaded = await load;
    expect(lake.run('silver')?.arguments['--release']).not.toBe(before);
    await lake.becomes("SELECT count(*) FROM silver.harmful_domains WHERE source = 'load' AND note IS NULL", loaded, 400_000);
    expect(await lake.number('SELECT count(*) - count(DISTINCT sequence) FROM silver.harmful_domains')).toBe(0);
    expect(await lake.number('SELECT coalesce(sum(abs(residual)), 0) FROM ops.ledger')).toBe(0);
    expect(await lake.offsetGaps('harmful_domains')).toEqual([]);
  }, 900_000);

  test('with a changed key is refused at synth, with the migration named', () => {
    edit('datasets/harmful_domains/contract.ts', "key: ['source', 'entry_type', 'name', 'scope', 'action', 'sequence']", "key: ['source', 'entry_type', 'name', 'sequence']");
    expect(upgrade).toThrow(
      /the key changed from \(source, entry_type, name, scope, action, sequence\).*Rebuild silver\.harmful_domains into a new path, compare, then swap the catalog row: sluice rebuild silver\.harmful_domains/,
    );
  }, 120_000);
});
