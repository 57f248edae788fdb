import { Option } from 'commander';
import { isFed } from '../../../contracts/index.js';
import { datasets } from '../../../datasets/index.js';
import { runQuery } from '../../lake/athena.js';
import { type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { reparse } from '../sources/reparse.js';
import { type Choice, conditions } from './replay/conditions.js';
import { sendAgain } from './replay/records.js';

interface ReplayOptions extends Choice {
  readonly dataset?: string;
  readonly raw?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stage: string;
}

export const replayCommand = () =>
  newCommand('replay', 'send records again, from quarantine or Bronze, bytes unchanged. Says first what it would send; --yes sends', [
    './sluice replay',
    './sluice replay --dataset source_checks --rule run_id_present --yes',
    './sluice replay --dataset source_checks --from bronze --partition 0 --offsets 100-200',
  ])
    .option('--from <layer>', 'quarantine or bronze', 'quarantine')
    .option('--dataset <name>', 'the dataset; default: each, where all of a quarantine is meant')
    .option('--partition <number>', 'records of this Kafka partition')
    .option('--offsets <first-last>', 'records of these offsets, both included')
    .option('--since <time>', 'records that Kafka took at or after this time')
    .option('--until <time>', 'records that Kafka took before this time')
    .option('--rule <name>', 'quarantined for this rule')
    .addOption(new Option('--raw <source>', 'the former name of ./sluice reparse').hideHelp())
    .option('--yes', 'send')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(replay);

async function replay({ raw, ...options }: ReplayOptions): Promise<void> {
  if (raw !== undefined) {
    say(`replay --raw is now reparse: ./sluice reparse ${raw}`);
    return reparse(raw, options);
  }
  if (options.from !== 'quarantine' && options.from !== 'bronze') throw new CliError(`--from ${options.from}: use quarantine or bronze`, EXIT.misuse);
  const names = datasetsOf(options);
  const where = conditions(options);
  const lake = target(options.stage);
  let [records, sent] = [0, 0];
  for (const name of names) {
    const each = await replayDataset(name, where, options, lake);
    records += each.records;
    sent += each.sent;
  }
  if (options.json) printJson({ records, sent, dryRun: options.yes !== true });
  else if (options.yes) say(`${sent} records were sent again; Silver takes those that it does not hold, and quarantine those that still break a rule`);
  else say(`${records} records would be sent again, bytes unchanged; nothing was sent: add --yes`);
}

/** Partitions, offsets and Bronze are of one dataset. @throws CliError where none is named, or one that is none */
function datasetsOf({ dataset, from, partition }: ReplayOptions): string[] {
  // What is derived never was in Kafka.
  const known = datasets.filter(isFed).map(({ name }) => name);
  if (dataset === undefined && (from === 'bronze' || partition !== undefined)) throw new CliError(`say of which dataset: --dataset ${known.join(' | ')}`, EXIT.misuse);
  if (dataset !== undefined && !known.includes(dataset)) throw new CliError(`unknown dataset "${dataset}"; known: ${known.join(', ')}`, EXIT.misuse);
  return dataset === undefined ? known : [dataset];
}

const SAMPLE = 10;

async function replayDataset(name: string, where: readonly string[], { from, yes, json }: ReplayOptions, lake: Target): Promise<{ records: number; sent: number }> {
  // A record that broke two rules stands in quarantine twice, and is sent once.
  const rows = `FROM (SELECT DISTINCT topic, "partition", "offset", kafka_timestamp, key, value, headers FROM ${from}.${name}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''})`;
  const records = Number((await runQuery(`SELECT count(*) ${rows}`, lake)).rows[0]?.[0] ?? 0);
  if (yes) return { records, sent: await sendAgain(name, rows, records, lake, (sent) => json || say(`${name}: ${sent} of ${records} sent`)) };
  if (!json && records > 0) {
    const sample = await runQuery(`SELECT topic, "partition", "offset", kafka_timestamp, substr(from_utf8(value), 1, 120) AS value ${rows} ORDER BY 2, 3 LIMIT ${SAMPLE}`, lake);
    printRows(
      sample.columns,
      sample.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
    );
  }
  return { records, sent: 0 };
}
