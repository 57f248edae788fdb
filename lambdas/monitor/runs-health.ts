import { type FedDataset, isChecked } from '../../contracts/index.js';
import { MAX_TRIES, type Published, type PublishedRuns } from '../shared/published.js';
import { type Finding, inWords } from './health.js';
import type { Sql } from './quality-health.js';

export interface RunsDeps {
  readonly sql: Sql;
  readonly published: PublishedRuns;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Age of the oldest record that Bronze has not read, milliseconds; 0 where it has read all. */
  readonly bronzeAge: (dataset: FedDataset) => Promise<number>;
}

const MINUTE_MS = 60_000;
/** Records need some time from Kafka to Bronze before a run's count is held against it. */
const SETTLED_MS = 15 * MINUTE_MS;
/** The hourly flow is asked to send again; where it has not by then, somebody should look. */
const UNANSWERED_MS = 180 * MINUTE_MS;

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** How many records Bronze holds of each run. Run ids are ours: UUIDs. */
const HELD = (dataset: string, runs: readonly Published[]) => `SELECT run_id, count(*) FROM (
  SELECT from_utf8(element_at(filter(headers, h -> h."key" = 'sluice-run'), 1).value) AS run_id FROM bronze.${dataset}
  WHERE ingestion_date >= date '${dateOf(Math.min(...runs.map(({ at }) => at)) - 24 * 60 * MINUTE_MS)}'
) WHERE run_id IN (${runs.map(({ runId }) => `'${runId.replaceAll("'", "''")}'`).join(', ')}) GROUP BY run_id`;

/**
 * Holds what runs were acknowledged against what Bronze has of them. What Bronze has is settled; what it has read past and lacks
 * was lost by the broker, and the source's next run is asked to send it again, {@link MAX_TRIES} times at most.
 *
 * @returns also how many runs' records are lost for good unless somebody sees to it
 */
export async function lookAtRuns(dataset: FedDataset, { sql, published, now, bronzeAge }: RunsDeps): Promise<{ readonly findings: readonly Finding[]; readonly lost: number }> {
  const owners = dataset.sources.flatMap((source) => (isChecked(source) ? [source.name] : []));
  const runs = (await Promise.all(owners.map(async (source) => (await published.of(source)).map((run) => ({ source, run }))))).flat();
  if (runs.length === 0) return { findings: [], lost: 0 };
  const rows = await sql(
    HELD(
      dataset.name,
      runs.map(({ run }) => run),
    ),
  );
  const held = new Map(rows.map(([id, count]) => [id, Number(count)]));
  const behind = await bronzeAge(dataset);
  const findings: Finding[] = [];
  let lost = 0;
  for (const { source, run } of runs) {
    const has = held.get(run.runId) ?? 0;
    if (has >= run.produced) {
      await published.remove(source, [run.runId]);
      continue;
    }
    // What Bronze has not read yet is not lost.
    const age = now - run.at;
    if (age < SETTLED_MS || age <= behind) continue;
    const words = `${source} sent ${run.produced} records, bronze.${dataset.name} holds ${has}`;
    const unanswered = run.askedAt === null ? 0 : now - run.askedAt;
    if (run.tries >= MAX_TRIES || unanswered > UNANSWERED_MS) {
      lost++;
      const why =
        run.tries >= MAX_TRIES ? `sent again ${run.tries} times, in vain` : `nobody has sent them again for ${inWords(unanswered / MINUTE_MS)}: ./sluice ingest ${source}`;
      findings.push({ subject: `run ${run.runId}`, state: 'failed', message: `${words}; ${why}` });
      continue;
    }
    if (run.askedAt === null) await published.change(source, { ...run, askedAt: now });
    findings.push({ subject: `run ${run.runId}`, state: 'degraded', message: `${words}; the next run of ${source} sends them again (try ${run.tries + 1} of ${MAX_TRIES})` });
  }
  return { findings, lost };
}
