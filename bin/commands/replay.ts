import type { Command } from 'commander';
import { isFed } from '../../contracts/index.js';
import { datasets, findDataset } from '../../datasets/index.js';
import { MAX_REPLAY_RECORDS, type ReplayRecord } from '../../lambdas/ingest/replay.js';
import { runQuery } from '../athena.js';
import { describeCheck, invokeIngest, invokeReplay } from '../ingest.js';
import { CliError, EXIT, printJson, printRows, say } from '../output.js';
import { assertSource, stageOption } from '../sources.js';
import { type Target, target } from '../target.js';

interface ReplayOptions {
  readonly from: string;
  readonly dataset: string;
  readonly partition?: string;
  readonly offsets?: string;
  readonly since?: string;
  readonly until?: string;
  readonly rule?: string;
  readonly raw?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

const SAMPLE = 10;
/** Rows of one query: its answer is held in memory. */
const PAGE = 10_000;
/** Base64 of one event, beneath Lambda's 6 MB. */
const EVENT_CHARACTERS = 4_000_000;

function instant(text: string, option: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new CliError(`${option} ${text}: not a time; for example 2026-11-01T00:00:00Z`, EXIT.misuse);
  return `from_iso8601_timestamp('${new Date(time).toISOString()}')`;
}

/** What to send again, as SQL conditions. @throws CliError naming the option that is wrong */
export function conditions({ from, partition, offsets, since, until, rule }: Omit<ReplayOptions, 'dataset' | 'stage'>): string[] {
  const found: string[] = [];
  if (partition !== undefined) {
    if (!/^\d+$/.test(partition)) throw new CliError(`--partition ${partition}: not a partition`, EXIT.misuse);
    found.push(`"partition" = ${partition}`);
  }
  if (offsets !== undefined) {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(offsets) ?? [];
    if (first === undefined || last === undefined || Number(first) > Number(last)) throw new CliError(`--offsets ${offsets}: not a range; for example 100-200`, EXIT.misuse);
    if (partition === undefined) throw new CliError('--offsets are of a partition: --partition 0', EXIT.misuse);
    found.push(`"offset" BETWEEN ${first} AND ${last}`);
  }
  if (since !== undefined) found.push(`kafka_timestamp >= ${instant(since, '--since')}`);
  if (until !== undefined) found.push(`kafka_timestamp < ${instant(until, '--until')}`);
  if (rule !== undefined) {
    if (from !== 'quarantine') throw new CliError('--rule chooses from quarantine: --from quarantine', EXIT.misuse);
    if (!/^[a-z][a-z0-9_]*$/.test(rule)) throw new CliError(`--rule ${rule}: not the name of a rule`, EXIT.misuse);
    found.push(`rule = '${rule}'`);
  }
  if (from === 'bronze' && found.length === 0) throw new CliError('all of Bronze is a rebuild: choose with --partition, --offsets, --since or --until', EXIT.misuse);
  return found;
}

async function replayTable(options: ReplayOptions, lake: Target): Promise<void> {
  if (options.from !== 'quarantine' && options.from !== 'bronze') throw new CliError(`--from ${options.from}: use quarantine or bronze`, EXIT.misuse);
  const fed = datasets.filter(isFed);
  if (!fed.some(({ name }) => name === options.dataset))
    throw new CliError(`"${options.dataset}" is no dataset with a topic; known: ${fed.map(({ name }) => name).join(', ')}`, EXIT.misuse);
  const dataset = findDataset(options.dataset);
  const where = conditions(options);
  // A record that broke two rules stands in quarantine twice, and is sent once.
  const rows = `FROM (SELECT DISTINCT topic, "partition", "offset", kafka_timestamp, key, value, headers FROM ${options.from}.${dataset.name}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''})`;
  const [[count = '0'] = []] = (await runQuery(`SELECT count(*) ${rows}`, lake)).rows;
  const records = Number(count);
  if (options.yes !== true) {
    const sample = await runQuery(`SELECT "partition", "offset", kafka_timestamp, substr(from_utf8(value), 1, 120) AS value ${rows} ORDER BY 1, 2 LIMIT ${SAMPLE}`, lake);
    if (options.json) return printJson({ records, sent: 0, dryRun: true });
    printRows(
      sample.columns,
      sample.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
    );
    return say(`${records} records would be sent again to ${dataset.name}, bytes unchanged; nothing was sent: add --yes`);
  }
  let sent = 0;
  let after: readonly [partition: string, offset: string] | null = null;
  while (sent < records) {
    const beyond: string = after === null ? '' : ` WHERE "partition" > ${after[0]} OR ("partition" = ${after[0]} AND "offset" > ${after[1]})`;
    const page = (
      await runQuery(
        `SELECT topic, "partition", "offset", to_base64(key), to_base64(value), json_format(CAST(transform(headers, h -> ARRAY[h.key, to_base64(h.value)]) AS JSON)) ${rows}${beyond} ORDER BY "partition", "offset" LIMIT ${PAGE}`,
        lake,
      )
    ).rows;
    if (page.length === 0) break;
    for (const chunk of chunks(page.map(recordOf))) {
      sent += (await invokeReplay({ dataset: dataset.name, records: chunk }, lake)).sent;
      if (!options.json) say(`${sent} of ${records} sent`);
    }
    const last = page.at(-1);
    after = [last?.[1] ?? '', last?.[2] ?? ''];
  }
  if (options.json) printJson({ records, sent, dryRun: false });
  else say(`${sent} records were sent again; Silver takes those that it does not hold, and quarantine those that still break a rule`);
}

function recordOf([topic, partition, offset, key, value, headers]: readonly (string | null)[]): ReplayRecord {
  const parsed = JSON.parse(headers ?? '[]') as [string, string | null][];
  return { key: key ?? null, value: value ?? null, headers: parsed.map(([name, data]) => ({ key: name, value: data })), origin: `${topic}/${partition}/${offset}` };
}

function* chunks(records: readonly ReplayRecord[]): Generator<ReplayRecord[]> {
  let chunk: ReplayRecord[] = [];
  let characters = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    if (chunk.length > 0 && (chunk.length >= MAX_REPLAY_RECORDS || characters + size > EVENT_CHARACTERS)) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(record);
    characters += size;
  }
  if (chunk.length > 0) yield chunk;
}

async function replayRaw(source: string, { yes, json }: ReplayOptions, lake: Target): Promise<void> {
  assertSource(source);
  const check = await invokeIngest({ event: 'reparse', source, dryRun: yes !== true }, lake);
  if (json) printJson(check);
  else say(`${describeCheck(check)}${yes || check.outcome !== 'changed' ? '' : '; nothing was sent: add --yes'}`);
  if (check.outcome === 'failed' || check.outcome === 'refused') process.exitCode = EXIT.failed;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('send records again, from quarantine or Bronze, bytes unchanged; or parse a kept body again. Says first what it would send; --yes sends')
    .option('--from <layer>', 'quarantine or bronze', 'quarantine')
    .option('--dataset <name>', 'the dataset', 'harmful_domains')
    .option('--partition <number>', 'records of this Kafka partition')
    .option('--offsets <first-last>', 'records of these offsets, both included')
    .option('--since <time>', 'records that Kafka took at or after this time')
    .option('--until <time>', 'records that Kafka took before this time')
    .option('--rule <name>', 'quarantined for this rule')
    .option('--raw <source>', 'instead: parse the kept body of the last good list again, and publish what a changed parser makes of it')
    .option('--yes', 'send')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (options: ReplayOptions) => {
      if (options.raw === undefined) return replayTable(options, target(options.stage));
      await replayRaw(options.raw, options, target(options.stage));
    });
}
