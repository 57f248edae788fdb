import { datasets } from '../../../datasets/index.js';
import type { Config } from '../../../lib/config.js';
import { costOf, pricesOf } from '../../../lib/cost/cost.js';
import { byDataset, total } from '../../../lib/cost/item.js';
import { PRICES_AS_OF, PRICES_SOURCE } from '../../../lib/cost/prices.js';
import { waitSeconds } from '../../../lib/cost/streams.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { deployedStage, usd } from '../../stage.js';
import { newCommand } from '../command.js';
import { jsonOption } from '../options.js';

/** The region that a stage is in, as far as this environment says. */
const regionOf = (config: Config): string => config.region ?? process.env.AWS_REGION ?? 'us-east-1';
/** How long a record may wait for its layers, batches not counted. */
const within = (seconds: number | undefined): string => (seconds === undefined ? '' : `within ${seconds} s`);

interface CostOptions {
  readonly stage: string;
  readonly profile?: string;
  readonly region?: string;
  readonly json?: boolean;
}

export const costCommand = () =>
  newCommand('cost', 'what a stage costs a month: from the template that would be deployed and what runs on it, the largest items first; and how fresh it is', [
    './sluice cost',
    './sluice cost --stage prod --region eu-central-1',
  ])
    .option('--stage <stage>', 'dev or prod', 'dev')
    .option('--profile <profile>', 'tiny, standard or prod; default: the stage’s own')
    .option('--region <region>', 'whose prices; default: the stage’s region, else us-east-1')
    .addOption(jsonOption())
    .action(cost);

async function cost(options: CostOptions): Promise<void> {
  const config = deployedStage(options.stage, { ...process.env, ...(options.profile === undefined ? {} : { SLUICE_PROFILE: options.profile }) });
  const region = options.region ?? regionOf(config);
  try {
    pricesOf(region);
  } catch (cause) {
    throw new CliError((cause as Error).message, EXIT.misuse);
  }
  // The CDK takes a second to load, which no other command shall wait for.
  const { templatesOf } = await import('../../templates.js');
  const items = costOf(config, templatesOf(config), region);
  const freshness = datasets.map((dataset) => ({ dataset: dataset.name, seconds: waitSeconds(config, dataset) }));
  const shares = byDataset(items);
  if (options.json) {
    printJson({ stage: options.stage, profile: config.profile, region, pricesAsOf: PRICES_AS_OF, monthly: total(items), freshness, datasets: shares, items });
    return;
  }
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
}
