import type { HttpSource } from '../../../contracts/index.js';
import { findSource } from '../../../datasets/index.js';
import { confirm, LOOK_FIRST } from '../../ask.js';
import { runQuery } from '../../lake/athena.js';
import { assertSource } from '../../lake/sources.js';
import { type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption, wholeNumber } from '../options.js';
import { Bodies } from './backfill/bodies.js';
import { type Days, dayAfter, spoken } from './backfill/days.js';
import { describe, estimate } from './backfill/estimate.js';
import { fill, type Published } from './backfill/fill.js';
import { type Plan, planOf } from './backfill/plan.js';

interface BackfillOptions {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly concurrency: string;
  readonly json?: boolean;
  readonly stage: string;
}

const MAX_CONCURRENCY = 10;

/** @throws CliError where it is no date */
function dateOf(text: string, option: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // JavaScript takes the 31st of a shorter month for the next month's first.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) throw new CliError(`${option} ${text}: not a date such as 2026-11-01`, EXIT.misuse);
  return text;
}

const keepsNoPast = ({ name, homepage }: HttpSource, dataset: string, { from, to }: Days) =>
  new CliError(
    `${name} keeps no past: ${homepage} gives its list as it is now, so ${from} to ${to} cannot be fetched. ` +
      `What Sluice itself saw then it still holds: ./sluice query "SELECT * FROM silver.${dataset} WHERE source = '${name}'"; bodies that it kept are parsed again by ./sluice reparse ${name}`,
  );

/** The days before the live list begins: what came later, live ingestion saw itself. Null where nothing of them is left. */
async function beforeLive({ from, to }: Days, source: string, dataset: string, lake: Target): Promise<Days | null> {
  const { rows } = await runQuery(`SELECT date_format(min(observed_at), '%Y-%m-%d') FROM silver.${dataset} WHERE source = '${source}' AND sequence > 0`, lake);
  const firstLive = rows[0]?.[0] ?? null;
  const last = dayAfter(firstLive ?? new Date().toISOString().slice(0, 10), -1);
  if (to <= last) return { from, to };
  say(firstLive === null ? `today is not over, so it ends on ${last}` : `live ingestion of ${source} began on ${firstLive}, so it ends on ${last}`);
  return from <= last ? { from, to: last } : null;
}

export const backfillCommand = () =>
  newCommand('backfill', 'fetch what a source published before live ingestion began, where it keeps its past; says how much it is and asks; goes on where it stopped', [
    './sluice backfill --source disposable_email --from 2026-10-01 --to 2026-10-05 --dry-run',
    './sluice backfill --source disposable_email --from 2026-10-01 --to 2026-10-05 --yes',
  ])
    .requiredOption('--source <source>', 'a source of the contracts')
    .requiredOption('--from <date>', 'first day, UTC')
    .requiredOption('--to <date>', 'last day, UTC')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what is missing, how much it is and how long it would take; publish nothing')
    .option('--concurrency <count>', `bodies fetched at a time, at most ${MAX_CONCURRENCY}`, '3')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(backfill);

async function backfill(options: BackfillOptions): Promise<void> {
  assertSource(options.source);
  const asked: Days = { from: dateOf(options.from, '--from'), to: dateOf(options.to, '--to') };
  if (asked.from > asked.to) throw new CliError(`--from ${asked.from} is after --to ${asked.to}`, EXIT.misuse);
  const concurrency = wholeNumber(options.concurrency, '--concurrency', 1, MAX_CONCURRENCY);
  const { source, dataset } = findSource(options.source);
  if (source.kind !== 'list' || source.past === undefined) throw keepsNoPast(source, dataset.name, asked);
  const lake = target(options.stage);

  const wanted = await beforeLive(asked, source.name, dataset.name, lake);
  const plan: Plan = wanted === null ? { wanted: asked, done: [], parts: [] } : await planOf(source.name, wanted, lake);
  const bodies = new Bodies(source.name, lake);
  const cost = await estimate(plan, concurrency, bodies);
  const published: Published[] = [];
  const report = () => options.json && printJson({ ...plan, estimate: cost, published });
  if (plan.parts.length === 0) {
    say(`nothing of ${spoken(asked)} is missing${plan.done.length > 0 ? `: published already: ${plan.done.map(spoken).join(', ')}` : ''}`);
    report();
    return;
  }
  describe(plan, cost);
  if (options.dryRun) {
    report();
    return;
  }
  await confirm('Go on?', { yes: options.yes, advice: LOOK_FIRST, otherwise: 'nothing was published' });
  for (const part of plan.parts) {
    await fill(source.name, part, concurrency, bodies, (each) => {
      published.push(each);
      const what = each.leftOut === null ? `${each.check?.added ?? 0} listed, ${each.check?.gone ?? 0} delisted` : `left out: ${each.leftOut}`;
      say(`${published.length} of ${cost.versions + plan.parts.length}: ${source.name} as of ${each.at}: ${what}`);
    });
  }
  report();
}
