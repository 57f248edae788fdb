import type { Command } from 'commander';
import type { HttpSource } from '../../contracts/index.js';
import { findSource } from '../../datasets/index.js';
import { inWords } from '../../lambdas/monitor/check.js';
import { confirm, LOOK_FIRST } from '../ask.js';
import { runQuery } from '../athena.js';
import { Bodies, type Days, dayAfter, fill, type Plan, type Published, planOf } from '../backfill.js';
import { bytes, CliError, EXIT, printJson, say } from '../output.js';
import { assertSource, stageOption } from '../sources.js';
import { type Target, target } from '../target.js';

interface Options {
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

const keepsNoPast = ({ name, homepage }: HttpSource, { from, to }: Days) =>
  new CliError(
    `${name} keeps no past: ${homepage} gives its list as it is now, so ${from} to ${to} cannot be fetched. ` +
      `What Sluice itself saw then it still holds: ./sluice query "SELECT * FROM silver.harmful_domains WHERE source = '${name}'"; bodies that it kept are parsed again by ./sluice replay --raw ${name}`,
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

const spoken = ({ from, to }: Days) => (from === to ? from : `${from} to ${to}`);

interface Estimate {
  readonly versions: number;
  /** Of all bodies, as the newest one's size says. */
  readonly bytes: number;
  readonly minutes: number;
}

/** How much and how long, by fetching the newest version that is missing. */
async function estimate({ parts }: Plan, concurrency: number, bodies: Bodies): Promise<Estimate> {
  const versions = parts.flatMap((part) => part.versions);
  const newest = versions.at(-1);
  if (newest === undefined) return { versions: 0, bytes: 0, minutes: 0 };
  const began = Date.now();
  const body = await bodies.of(newest.version);
  const seconds = (Date.now() - began) / 1000;
  // Each is fetched beside others, then read and published by itself, which takes about as long again.
  return { versions: versions.length, bytes: versions.length * ('bytes' in body ? body.bytes : 0), minutes: (versions.length * seconds * (1 + 1 / concurrency)) / 60 };
}

function describe({ parts, done }: Plan, { versions, bytes: size, minutes }: Estimate): void {
  if (done.length > 0) say(`published already: ${done.map(spoken).join(', ')}`);
  for (const part of parts) say(`${part.resumed ? 'begun, to go on with' : 'missing'}: ${spoken(part.days)}, ${part.versions.length} versions`);
  say(`${versions} versions, about ${bytes(size)} and ${inWords(Math.max(1, minutes))}`);
}

export function addBackfill(program: Command): void {
  program
    .command('backfill')
    .description('fetch what a source published before live ingestion began, where it keeps its past; says how much it is and asks; goes on where it stopped')
    .requiredOption('--source <source>', 'a source of the contracts')
    .requiredOption('--from <date>', 'first day, UTC')
    .requiredOption('--to <date>', 'last day, UTC')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what is missing, how much it is and how long it would take; publish nothing')
    .option('--concurrency <count>', `bodies fetched at a time, at most ${MAX_CONCURRENCY}`, '3')
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .action(async (options: Options) => {
      assertSource(options.source);
      const asked: Days = { from: dateOf(options.from, '--from'), to: dateOf(options.to, '--to') };
      if (asked.from > asked.to) throw new CliError(`--from ${asked.from} is after --to ${asked.to}`, EXIT.misuse);
      const concurrency = Number(options.concurrency);
      if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY)
        throw new CliError(`--concurrency ${options.concurrency}: a number from 1 to ${MAX_CONCURRENCY}`, EXIT.misuse);
      const { source, dataset } = findSource(options.source);
      if (source.kind !== 'list' || source.past === undefined) throw keepsNoPast(source, asked);
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
    });
}
