import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { Command } from 'commander';
import { datasets } from '../../datasets/index.js';
import { type Config, loadConfig, physicalName } from '../../lib/config.js';
import { costOf, pricesOf } from '../../lib/cost/cost.js';
import { byDataset, total } from '../../lib/cost/item.js';
import { PRICES, PRICES_AS_OF, PRICES_SOURCE } from '../../lib/cost/prices.js';
import { waitSeconds } from '../../lib/cost/streams.js';
import { placeOf } from '../account.js';
import { confirm, LOOK_FIRST } from '../ask.js';
import { cdkWith } from '../cdk.js';
import { deployedStacks, keptOf } from '../deployed.js';
import { CliError, EXIT, printJson, printRows, say } from '../output.js';
import { templatesOf } from '../templates.js';

/** The region that a stage is in, as far as this environment says. */
const regionOf = (config: Config): string => config.region ?? process.env.AWS_REGION ?? 'us-east-1';

export const usd = (value: number): string => value.toFixed(2);
/** How long a record may wait for its layers, batches not counted. */
const within = (seconds: number | undefined): string => (seconds === undefined ? '' : `within ${seconds} s`);

/** @throws CliError where the stage costs nothing, or is none */
export function deployedStage(stage: string, env: NodeJS.ProcessEnv): Config {
  if (stage === 'local') throw new CliError('the lake on this machine costs nothing: --stage dev or --stage prod', EXIT.misuse);
  try {
    return loadConfig(stage, env);
  } catch (cause) {
    throw new CliError((cause as Error).message, EXIT.misuse);
  }
}

function addCost(program: Command): void {
  program
    .command('cost')
    .description('what a stage costs a month, from the template that would be deployed and what runs on it, the largest items first; and how fresh it is')
    .option('--stage <stage>', 'dev or prod', 'dev')
    .option('--profile <profile>', 'tiny, standard or prod; default: the stage’s own')
    .option('--region <region>', 'whose prices; default: the stage’s region, else us-east-1')
    .option('--json', 'as JSON')
    .action((options: { stage: string; profile?: string; region?: string; json?: boolean }) => {
      const config = deployedStage(options.stage, { ...process.env, ...(options.profile === undefined ? {} : { SLUICE_PROFILE: options.profile }) });
      const region = options.region ?? regionOf(config);
      try {
        pricesOf(region);
      } catch (cause) {
        throw new CliError((cause as Error).message, EXIT.misuse);
      }
      const items = costOf(config, templatesOf(config), region);
      const freshness = datasets.map((dataset) => ({ dataset: dataset.name, seconds: waitSeconds(config, dataset) }));
      const shares = byDataset(items);
      if (options.json)
        return printJson({ stage: options.stage, profile: config.profile, region, pricesAsOf: PRICES_AS_OF, monthly: total(items), freshness, datasets: shares, items });
      printRows(
        ['USD a month', 'service', 'what', 'for'],
        items.map(({ monthly, service, what, dataset }) => [usd(monthly), service, what, dataset ?? 'all']),
      );
      say('');
      printRows(
        ['USD a month', 'for', 'Kafka to Gold'],
        shares.map(({ dataset, monthly }) => [usd(monthly), dataset ?? 'all', within(freshness.find((each) => each.dataset === dataset)?.seconds)]),
      );
      say(
        `${usd(total(items))} USD a month (stage ${options.stage}, profile ${config.profile}, ${region}). What you add comes on top: queries, readers of lists, backfills, data beyond a young lake's`,
      );
      say(`prices of ${PRICES_AS_OF}: ${PRICES_SOURCE}`);
    });
}

function addDestroy(program: Command): void {
  program
    .command('destroy')
    .description('delete the stacks of a deployed stage; says first what stays, and goes on billing')
    .requiredOption('--stage <stage>', 'dev or prod')
    .option('--dry-run', 'say it; delete nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'what stays, as JSON')
    .action(destroy);
}

interface DestroyOptions {
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Looks at what is deployed, not at what would be: whether data go with their stacks was said when they were deployed. */
async function destroy({ stage, dryRun, yes, json }: DestroyOptions): Promise<void> {
  const config = deployedStage(stage, process.env);
  const { account, region } = await placeOf(config);
  const client = new CloudFormationClient({ region });
  const stacks = await deployedStacks(client, physicalName(config, ''));
  const stays = await keptOf(client, stacks);
  // Where no price is known a stage can be deleted all the same.
  const templates = stacks.map(({ template }) => template);
  const monthly = region in PRICES ? total(costOf(config, templates, region).filter((item) => item.stays)) : null;
  const report = { stage, account, region, stacks: stacks.map(({ name }) => name), stays, monthly };
  if (!json) {
    printRows(
      ['stays', 'id', 'stack', 'in the template'],
      stays.map(({ type, id, stack, resource }) => [type, id, stack, resource]),
    );
    const price = monthly === null ? `what they cost in ${region} is not known here` : `${usd(monthly)} USD a month go on for them`;
    say(`${stacks.length} stacks of account ${account}, ${region}, are deleted; ${stays.length} resources stay; ${price}, and for what the buckets and tables hold`);
    if (stays.length > 0)
      say(
        `./sluice deploy --stage ${stage} takes them over again, for 90 days by itself. To delete the data too, deploy once with SLUICE_RETAIN_DATA=false SLUICE_DELETE_DATA_OF=${stage}, then destroy`,
      );
  }
  const isProtected = stacks.filter(({ terminationProtection }) => terminationProtection).map(({ name }) => name);
  if (isProtected.length > 0 && !dryRun)
    throw new CliError(`${isProtected.join(', ')}: protected against deletion; deploy once with SLUICE_TERMINATION_PROTECTION=false, then destroy`, EXIT.misuse);
  if (stacks.length > 0 && !dryRun) {
    await confirm(`Delete the stacks of ${stage}?`, { yes, word: stage, advice: LOOK_FIRST, otherwise: 'nothing was deleted' });
    await cdkWith({ SLUICE_ACCOUNT: account, SLUICE_REGION: region, AWS_REGION: region })('destroy', '--all', '--force', '-c', `stage=${stage}`);
  }
  if (json) printJson({ ...report, deleted: !dryRun && stacks.length > 0 });
}

export function addStageCommands(program: Command): void {
  addCost(program);
  addDestroy(program);
}
