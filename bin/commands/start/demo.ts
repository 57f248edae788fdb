import { harmfulDomains } from '../../../datasets/harmful_domains/contract.js';
import { localBucket } from '../../../localstack/identity.js';
import { defaultHome } from '../../../localstack/paths.js';
import { until } from '../../../localstack/process.js';
import type { Instance } from '../../../localstack/stack/instance.js';
import { jobRuns, runIsAlive } from '../../../localstack/stack/job-runs.js';
import { trinoReady } from '../../../localstack/stack/start.js';
import { up } from '../../../localstack/stack/up.js';
import { runQuery } from '../../lake/athena.js';
import { describeCheck, invokeIngest } from '../../lake/ingest.js';
import { sideBySide } from '../../lake/side-by-side.js';
import { sourcesOnAt } from '../../lake/sources.js';
import { target } from '../../lake/target.js';
import { CliError, EXIT, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { type StartOptions, startOptions, upOptions } from '../options.js';
import { namedQuery } from './query/named.js';

const TABLE_TIMEOUT_MS = 240_000;
/** What the sources said they hold; what a popularity list holds is not harmful. */
const LISTING = harmfulDomains.sources.filter((source) => (source.kind === 'list' || source.kind === 'operator') && source.role === 'block');
const EXPECTED = `SELECT coalesce(sum(entries), -1) FROM gold.source_status WHERE source IN (${LISTING.map(({ name }) => `'${name}'`).join(', ')})`;

/** Whether Gold's Delta log has a commit beyond the one that made the table: cheaper to ask than Trino, which Spark competes with. */
async function goldHasRows(instance: Instance): Promise<boolean> {
  const url = `${instance.emulatorUrl}/${localBucket('lake')}/gold/harmful_domains/_delta_log/00000000000000000001.json`;
  return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).catch(() => null))?.ok === true;
}

export function demoCommand() {
  const command = newCommand('demo', 'from nothing to a SQL answer: up, ingest every source, wait until Gold holds it, count', ['./sluice demo', './sluice demo --feeds live']);
  for (const option of startOptions()) command.addOption(option);
  return command.action(demo);
}

async function demo(options: StartOptions): Promise<void> {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  const tell = (message: string) => say(`[${seconds().padStart(5)}] ${message}`);
  const home = defaultHome();
  const instance = await up(home, upOptions(options), tell);
  const lake = target('local');
  await sideBySide(sourcesOnAt('local'), async (source) => {
    const check = await invokeIngest({ event: 'check', source }, lake);
    tell(describeCheck(check));
    if (check.outcome === 'failed' || check.outcome === 'refused')
      throw new CliError(`the demonstration needs ${source}: ${check.reason}. Accept it: ./sluice release ${source}; or begin anew: ./sluice clean --data --yes`);
  });
  tell('records are in Kafka; Spark carries them through Bronze, Silver and Gold; waiting for Trino to count them');
  await trinoReady(home, instance);
  await until(async () => goldHasRows(instance), {
    timeoutMs: TABLE_TIMEOUT_MS,
    everyMs: 500,
    describe: () => `Gold got no rows within ${TABLE_TIMEOUT_MS / 1000} s: ./sluice status, ./sluice logs combined`,
  });
  const sql = namedQuery('active_by_source');
  const result = await until(
    async () => {
      const dead = jobRuns(home)[0];
      if (dead && !runIsAlive(dead) && dead.state === 'FAILED') throw new CliError(`Spark job ${dead.job} died: ${dead.error ?? 'see ./sluice status'}`, EXIT.degraded);
      const [counts, expected] = await Promise.all([tryQuery(sql), tryQuery(EXPECTED)]);
      const active = (counts?.rows ?? []).reduce((sum, row) => sum + Number(row[3]), 0);
      return counts !== null && expected !== null && Number(expected.rows[0]?.[0]) === active ? counts : null;
    },
    {
      timeoutMs: TABLE_TIMEOUT_MS,
      everyMs: 3_000,
      describe: () => `Gold did not hold all records within ${TABLE_TIMEOUT_MS / 1000} s: ./sluice status, ./sluice logs combined`,
    },
  );
  async function tryQuery(text: string) {
    return runQuery(text, lake, 60_000).catch(() => null);
  }
  tell('active harmful names by source and category, by SQL through the Athena API:');
  printRows(
    result.columns,
    result.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
  );
  say('three things to try next:');
  say('  ./sluice query "SELECT name, first_seen FROM gold.harmful_domains WHERE is_active LIMIT 5"');
  say('  ./sluice query "SELECT * FROM ops.ledger ORDER BY committed_at DESC LIMIT 5"');
  say('  ./sluice status        (and ./sluice down stops it all; the data stays)');
  tell('done');
  process.exit(EXIT.ok);
}
