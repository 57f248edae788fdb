import { randomUUID } from 'node:crypto';
import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { CANARY_SOURCE, canaryRecord, type FedDataset, isFed } from '../../contracts/index.js';
import { datasets, httpSources, lakeTables } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { runSql } from '../shared/athena.js';
import { DynamoPublished } from '../shared/dynamo-published.js';
import { kafkaConnection, required } from '../shared/environment.js';
import { kafkaClient } from '../shared/kafka.js';
import { embeddedLines } from '../shared/metrics.js';
import { headersOf, operationRecord, outgoing } from '../shared/outgoing.js';
import { glueJobs, wishOf } from '../watchdog/glue-jobs.js';
import { awakeSince, inWindow } from '../watchdog/watch-jobs.js';
import { chargesOf, lookAtCost } from './cost-health.js';
import { deltaLog, pathAt } from './delta-log.js';
import { lookAtFreshness } from './freshness-health.js';
import type { Health } from './health.js';
import { lookAtJobs } from './jobs-health.js';
import { lookAtKafka } from './kafka-health.js';
import { KafkajsProbe } from './kafka-probe.js';
import { monitor, type Report } from './monitor.js';
import { formerLook, keptLooks } from './pace.js';
import { lookAtQuality } from './quality-health.js';
import { MonitorState } from './state.js';
import { lookAtStorage } from './storage-health.js';
import { type TableLog, tableLog } from './table-log.js';
import { type Positions, waitingByOffsets } from './waiting.js';
import { beforeOf, wrongAt } from './wrong.js';

const s3 = new S3Client({ forcePathStyle: process.env.S3_FORCE_PATH_STYLE === 'true', maxAttempts: 2 });
const dynamo = new DynamoDBClient({});
const glue = glueJobs(new GlueClient({}));
const athena = new AthenaClient({});
const billing = new CloudWatchClient({ region: 'us-east-1' });

const settings = z.object({
  jobs: z.array(z.object({ name: z.string(), window: z.object({ fromHour: z.number(), toHour: z.number() }).optional() })),
  sources: z.array(z.string()),
  workGroup: z.string(),
  databasePrefix: z.string(),
  everyMinutes: z.number(),
  /** Minutes between two canaries; null where each run sends one. */
  canaryMinutes: z.number().nullable(),
  monthlyBudget: z.number().nullable(),
  /** Whether the account is billed: this machine is not. */
  billed: z.boolean(),
});

const LOOK_MS = 60_000;
/** Schedules are not punctual to the second. */
const SLACK_MS = 60_000;
const isDue = (last: number | undefined, everyMinutes: number, now: number): boolean => last === undefined || now - last >= everyMinutes * 60_000 - SLACK_MS;

/** Called by a schedule, and by `sluice health`. */
export async function handler(): Promise<Report> {
  const config = settings.parse(JSON.parse(required('MONITOR')));
  const stateTable = required('STATE_TABLE');
  const state = new MonitorState(dynamo, stateTable);
  const runId = randomUUID();
  const now = Date.now();
  const probe = new KafkajsProbe(kafkaClient(kafkaConnection(), 'sluice-monitor'));
  const { firstRunAt, report: last } = await state.begin(now).catch(() => ({ firstRunAt: now, report: null }));
  // Alarms look at periods of a minute, or of the monitor's interval.
  const clearMs = 2 * config.everyMinutes * 60_000 + LOOK_MS;
  const before = beforeOf(last, now, clearMs);
  // All jobs of a stage have the same window.
  const awake = awakeSince(config.jobs[0]?.window, now);
  const sendsCanaries = isDue(last?.canaryAt, config.canaryMinutes ?? 0, now);
  // Those of derived datasets are made of these on their way.
  const fed = datasets.filter(isFed);
  const canaryOf = (dataset: FedDataset) =>
    outgoing(dataset, canaryRecord(dataset, new Date(now), runId), headersOf(dataset, { source: CANARY_SOURCE, runId }), () => required('PERSONAL_SECRET'));
  const positions = async (): Promise<Record<string, Positions>> => Object.fromEntries(await Promise.all(config.jobs.map(async ({ name }) => [name, await state.positions(name)])));
  const sql = async (text: string) => (await runSql(text, { athena, workGroup: config.workGroup, databaseOf: (layer) => `${config.databasePrefix}${layer}` }, LOOK_MS)).rows;
  try {
    return await monitor({
      runId,
      clock: Date.now,
      lookMs: LOOK_MS,
      emit: (metrics) => {
        for (const line of embeddedLines(required('METRICS_NAMESPACE'), metrics, Date.now(), before)) console.log(line);
      },
      looks: {
        storage: () => lookAtStorage({ s3, bucket: required('CHECKPOINTS_BUCKET'), dynamo, table: stateTable, runId, tables: () => tables(state), now: Date.now() }),
        kafka: () => lookAtKafka(probe, fed, { topic: operations.name, record: canaryOf(operations) }),
        jobs: async () => {
          const at = await positions();
          const jobs = config.jobs.map(async ({ name, window }) => ({
            name,
            runs: await glue.runs(name),
            wanted: !(await wishOf(dynamo, stateTable, name)).stopped && inWindow(window, now),
            positions: at[name] ?? {},
          }));
          return lookAtJobs(await Promise.all(jobs), Date.now());
        },
        freshness: async () => {
          const all = Object.assign({}, ...Object.values(await positions())) as Positions;
          const log = deltaLog(s3, required('LAKE_BUCKET'), (table) => state.generation(table));
          const sources = httpSources(datasets).flatMap(({ source }) => (config.sources.includes(source.name) ? [source] : []));
          return lookAtFreshness(datasets, {
            probe,
            positions: all,
            now: Date.now(),
            ...log,
            sources,
            statusOf: (source) => state.source(source),
            awakeSince: awake,
            firstRunAt,
            former: formerLook(last?.looks ?? [], now),
          });
        },
        quality: async () => {
          const all = Object.assign({}, ...Object.values(await positions())) as Positions;
          return lookAtQuality(datasets, {
            sql,
            now: Date.now(),
            firstRunAt,
            everyMinutes: Math.max(config.everyMinutes, config.canaryMinutes ?? 0),
            awakeSince: awake,
            published: new DynamoPublished(dynamo, stateTable),
            bronzeAge: async (dataset) => (await waitingByOffsets(dataset, 'bronze', { probe, positions: all, now: Date.now() })).ms,
          });
        },
        cost: () => lookAtCost({ billed: config.billed, monthlyBudget: config.monthlyBudget, charges: () => chargesOf(billing, Date.now()), now: Date.now() }),
      },
      tell: async (checks) => {
        await probe.send(
          operations.name,
          checks.map((check) => recordOf(check, runId)),
        );
        // The round trip has sent that of operations.
        for (const dataset of fed) if (sendsCanaries && dataset.name !== operations.name) await probe.send(dataset.name, [canaryOf(dataset)]);
      },
      keep: (report) =>
        state.keep({
          ...report,
          canaryAt: sendsCanaries ? now : (last?.canaryAt ?? now),
          wrongAt: wrongAt(report.metrics, last?.wrongAt ?? {}, now, clearMs),
          looks: keptLooks(last?.looks ?? [], { at: report.checks.find(({ check }) => check === 'freshness')?.startedAt ?? now, metrics: report.metrics }, clearMs),
        }),
    });
  } finally {
    await probe.close().catch((cause: unknown) => console.error('the connection to Kafka could not be closed', cause));
  }
}

/** What the logs of all tables say; of those that are there. */
async function tables(state: MonitorState): Promise<TableLog[]> {
  const logs = await Promise.all(
    lakeTables().map(async (table) => {
      const generation = await state.generation(`${table.layer}.${table.name}`);
      return tableLog(table, pathAt(`${table.layer}/${table.name}`, generation), required('LAKE_BUCKET'), s3);
    }),
  );
  return logs.filter((log) => log !== null);
}

const recordOf = ({ check, state, summary, findings, startedAt, finishedAt }: Health, run_id: string) =>
  operationRecord(operations, {
    kind: 'check',
    subject: check,
    run_id,
    source: 'monitor',
    started_at: new Date(startedAt).toISOString(),
    finished_at: new Date(finishedAt).toISOString(),
    state,
    summary,
    details: { findings: findings.filter((finding) => finding.state !== 'ok') },
  });
