import { type Dataset, type FedDataset, freshnessLimits, fullName, isFed, isFetched } from '../../contracts/index.js';
import { MONITOR } from '../../contracts/metrics.js';
import { metric } from '../shared/metrics.js';
import type { PublishedRuns } from '../shared/published.js';
import { awakeMinutes } from './freshness-health.js';
import { type Finding, inWords, type Looked } from './health.js';
import { lookAtRuns } from './runs-health.js';

export type Sql = (text: string) => Promise<readonly (readonly (string | null)[])[]>;

export interface QualityDeps {
  readonly sql: Sql;
  readonly now: number;
  readonly firstRunAt: number;
  /** Minutes between two canaries. */
  readonly everyMinutes: number;
  /** What was sent and not seen in Bronze yet. */
  readonly published: PublishedRuns;
  /** Age of the oldest record that Bronze has not read, milliseconds; 0 where it has read all. */
  readonly bronzeAge: (dataset: FedDataset) => Promise<number>;
  /** Since when the jobs run; null while they rest. */
  readonly awakeSince: number | null;
}

const MINUTE_MS = 60_000;

/** What the ledger says of the last day, per dataset: rows that rules were held against, quarantined, residual. */
const LEDGER = (datasets: readonly Dataset[]) =>
  // The column came with derived datasets: a ledger of before has it once its driver has started.
  `SELECT dataset, sum(${datasets.every(isFed) ? '"read"' : 'coalesce(produced, "read")'}), sum(quarantined), sum(abs(residual)) FROM ops.ledger
WHERE committed_at > current_timestamp - INTERVAL '1' DAY GROUP BY dataset`;

/** Offset ranges of Silver's batches that do not follow each other, or hold fewer records than their length, per dataset. */
const GAPS = `SELECT dataset, count(*) FROM (
  SELECT l.dataset, o.first_offset, o.last_offset, o.records,
    max(o.last_offset) OVER (PARTITION BY l.dataset, o.topic, o."partition" ORDER BY o.first_offset, o.last_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM ops.ledger l CROSS JOIN UNNEST(l.offsets) AS o(topic, "partition", first_offset, last_offset, records)
  WHERE l.committed_at > current_timestamp - INTERVAL '7' DAY
) WHERE last_offset - first_offset + 1 <> records OR first_offset > before + 1 GROUP BY dataset`;

const RULES = (datasets: readonly Dataset[]) =>
  datasets
    .map(({ name }) => `SELECT '${name}', rule, count(*) FROM quarantine.${name} WHERE kafka_timestamp > current_timestamp - INTERVAL '1' DAY GROUP BY rule`)
    .join(' UNION ALL ');

/** State tables of a dataset, as layer.name: each says in ops.canaries which canaries it has folded. */
const folding = ({ tables }: Dataset): string[] => tables.filter(({ kind }) => kind === 'state').map(fullName);

/**
 * When the newest canary in each layer reached Kafka: in Bronze, in Silver, and folded by each state table, which holds none
 * itself. Each of those is asked for a row, too: SQL must see it.
 */
const CANARY = (dataset: Dataset) => {
  const { name } = dataset;
  const layers = [
    ...(isFed(dataset)
      ? [
          `max(kafka_timestamp)) FROM bronze.${name} WHERE ingestion_date >= current_date - INTERVAL '1' DAY AND any_match(headers, h -> h."key" = 'sluice-source' AND h.value = to_utf8('_canary'))`,
        ]
      : []),
    `max(kafka_timestamp)) FROM silver.${name} WHERE source = '_canary'`,
    ...folding(dataset).map((table) => `max(kafka_timestamp)) FROM ops.canaries WHERE folded_by = '${table}'`),
  ].map((each) => `(SELECT to_unixtime(${each})`);
  return `SELECT\n  ${[...layers, ...folding(dataset).map((table) => `(SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT 1))`)].join(',\n  ')}`;
};

/** The newest canary of each layer, epoch milliseconds; null where none has arrived. A dataset without state tables has none in Gold. */
async function newestCanaries(dataset: Dataset, sql: Sql): Promise<ReadonlyMap<string, number | null>> {
  const [[...row] = []] = await sql(CANARY(dataset));
  const times = row.map((each) => (each === null ? null : Number(each) * 1000));
  const found = new Map<string, number | null>();
  if (isFed(dataset)) found.set('bronze', times.shift() ?? null);
  found.set('silver', times.shift() ?? null);
  const folded = folding(dataset).map((_, i) => times[i] ?? null);
  if (folded.length > 0) found.set('gold', folded.includes(null) ? null : Math.min(...folded.map(Number)));
  return found;
}

/** Quarantine rate, ledger residual and rule failures; gaps between offsets; runs that lack records; the canaries. */
export async function lookAtQuality(datasets: readonly Dataset[], { sql, now, firstRunAt, everyMinutes, published, bronzeAge, awakeSince }: QualityDeps): Promise<Looked> {
  const findings: Finding[] = [];
  const metrics = [];
  const ledger = new Map((await sql(LEDGER(datasets))).map(([dataset, ...numbers]) => [dataset, numbers.map(Number)]));
  const gaps = new Map((await sql(GAPS)).map(([dataset, count]) => [dataset, Number(count)]));
  const rules = await sql(RULES(datasets));
  for (const dataset of datasets) {
    const { name, service } = dataset;
    const [read = 0, quarantined = 0, residual = 0] = ledger.get(name) ?? [];
    const percent = read === 0 ? 0 : (100 * quarantined) / read;
    const broken = rules.filter(([of]) => of === name).map(([, rule, count]) => `${rule} ${count}`);
    const words = `${quarantined} of ${read} records of the last day quarantined${broken.length > 0 ? ` (${broken.join(', ')})` : ''}`;
    findings.push({ subject: `records of ${name}`, state: percent > service.quarantinePercent ? 'degraded' : 'ok', message: words });
    if (residual > 0) findings.push({ subject: `ledger of ${name}`, state: 'failed', message: `${residual} records of the last day are in no count` });
    const gapCount = gaps.get(name) ?? 0;
    if (isFed(dataset)) metrics.push(metric(MONITOR.offsetGaps, gapCount, { Dataset: name }));
    if (gapCount > 0) findings.push({ subject: `offsets of ${name}`, state: 'failed', message: `${gapCount} gaps between the batches of the last week` });
    if (isFed(dataset) && dataset.sources.some(isFetched)) {
      const runs = await lookAtRuns(dataset, { sql, published, now, bronzeAge });
      metrics.push(metric(MONITOR.runsShort, runs.lost, { Dataset: name }));
      findings.push(...runs.findings);
    }
    const newest = await newestCanaries(dataset, sql);
    let oldest = 0;
    for (const { layer, minutes: fresh } of freshnessLimits(dataset)) {
      const arrived = newest.get(layer);
      if (arrived === undefined) continue;
      const minutes = (now - (arrived ?? firstRunAt)) / MINUTE_MS;
      const limit = fresh + canarySlack(everyMinutes);
      const judged = awakeMinutes(minutes, awakeSince, now);
      oldest = Math.max(oldest, (100 * judged) / limit);
      metrics.push(metric(MONITOR.canaryAgeMinutes, minutes, { Dataset: name, Layer: layer }));
      findings.push({
        subject: `canary in ${layer} ${name}`,
        state: judged > limit ? 'failed' : 'ok',
        message: arrived === null ? 'none has arrived yet' : `the newest is ${inWords(minutes)} old`,
      });
    }
    metrics.push(metric(MONITOR.canaryPercent, oldest, { Dataset: name }));
  }
  const bad = findings.filter(({ state }) => state === 'failed' || state === 'degraded');
  return { summary: bad.length === 0 ? 'every record is accounted for, canaries arrive' : bad.map(({ subject }) => subject).join(', '), findings, metrics };
}

/** By how many minutes a layer's newest canary may be older than its records: two may be missed. */
export const canarySlack = (everyMinutes: number): number => 3 * everyMinutes;
