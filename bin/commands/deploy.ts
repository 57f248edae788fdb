import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Command } from 'commander';
import { type Config, physicalName, warningsOf } from '../../lib/config.js';
import { costOf } from '../../lib/cost/cost.js';
import { type CostItem, total } from '../../lib/cost/item.js';
import { PRICES } from '../../lib/cost/prices.js';
import { ROOT } from '../../localstack/paths.js';
import { type Place, placeOf } from '../account.js';
import { adopt, leftBehind, wantedOf } from '../adopt.js';
import { assertSomebodyToAsk, confirm, LOOK_FIRST } from '../ask.js';
import { type AssemblyStack, bootstrapVersionOf, stacksOf } from '../assembly.js';
import { type Cdk, cdkWith } from '../cdk.js';
import { deployedStacks, type KeptResource } from '../deployed.js';
import { CliError, EXIT, printJson, printRows, say } from '../output.js';
import { assertBrokerIsWanted, assertSameBroker } from '../same-broker.js';
import { deployedStage, usd } from './stages.js';

interface DeployOptions {
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What a deploy would do, told before it does it. */
export interface Plan extends Place {
  readonly stage: string;
  readonly profile: string;
  /** USD a month at least; null where no prices of the region are known. */
  readonly monthly: number | null;
  readonly items: readonly CostItem[];
  /** Whether the account's region gets what the CDK deploys with first. */
  readonly bootstrap: boolean;
  readonly stacks: readonly string[];
  /** What an earlier removal left behind, and this deploy takes over with what it holds. */
  readonly adopts: readonly KeptResource[];
  readonly warnings: readonly string[];
}

/** The version of the CDK's bootstrap stack in a region; 0 where there is none. */
export async function bootstrapped(cloudFormation: CloudFormationClient): Promise<number> {
  try {
    const { Stacks: [toolkit] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }));
    return Number(toolkit?.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue ?? 0);
  } catch (cause) {
    if (/does not exist/.test((cause as Error).message)) return 0;
    throw new CliError(`CloudFormation does not say whether the region is bootstrapped: ${(cause as Error).message}. The credentials need the rights to deploy`);
  }
}

async function planOf(config: Config, place: Place, folder: string): Promise<Plan> {
  const stacks = stacksOf(folder);
  const cloudFormation = new CloudFormationClient({ region: place.region });
  const deployed = (await deployedStacks(cloudFormation, physicalName(config, ''))).filter(({ failed }) => !failed);
  assertSameBroker(config.stage, deployed, stacks);
  const left = await leftBehind(cloudFormation, stacks, new Set(deployed.map(({ name }) => name)));
  const adopts = wantedOf(left, stacks);
  assertBrokerIsWanted(config.stage, left, adopts);
  const known = place.region in PRICES;
  const items = known
    ? costOf(
        config,
        stacks.map(({ template }) => template),
        place.region,
      )
    : [];
  return {
    stage: config.stage,
    profile: config.profile,
    ...place,
    monthly: known ? total(items) : null,
    items,
    bootstrap: (await bootstrapped(cloudFormation)) < bootstrapVersionOf(folder),
    stacks: stacks.map(({ name }) => name),
    adopts,
    warnings: warningsOf(config),
  };
}

function tell(plan: Plan): void {
  printRows(
    ['USD a month', 'service', 'what'],
    plan.items.map(({ monthly, service, what }) => [usd(monthly), service, what]),
  );
  const cost = plan.monthly === null ? `what it costs in ${plan.region} is not known here` : `${usd(plan.monthly)} USD a month`;
  say(`stage ${plan.stage}, profile ${plan.profile}: ${plan.stacks.length} stacks in account ${plan.account}, ${plan.region}; ${cost}`);
  if (plan.bootstrap) say('the CDK is not at home there yet: its bootstrap stack (a bucket, a repository, roles) is made first');
  for (const { type, id } of plan.adopts) say(`takes over ${type} ${id}, which the last removal left behind, with what it holds`);
  for (const warning of plan.warnings) say(warning);
}

/** Outputs that stacks have for each other. */
const OF_STACKS = /^(Exports|Publish)Output/;

/** Outputs of the stacks, as the CDK writes them. */
type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Carries a plan out. */
export async function deploy(
  plan: Pick<Plan, 'account' | 'region' | 'bootstrap' | 'adopts'>,
  folder: string,
  cdk: Cdk,
  stacks: readonly AssemblyStack[] = stacksOf(folder),
): Promise<Outputs> {
  if (plan.bootstrap) await cdk('bootstrap', `aws://${plan.account}/${plan.region}`, '--app', '');
  await adopt(plan.adopts, stacks, folder, cdk);
  const outputs = join(folder, 'outputs.json');
  // Who answered has seen what is deployed: the CDK does not ask again.
  await cdk('deploy', '--all', '--app', folder, '--require-approval', 'never', '--progress', 'events', '--concurrency', '3', '--outputs-file', outputs);
  return existsSync(outputs) ? (JSON.parse(readFileSync(outputs, 'utf8')) as Outputs) : {};
}

async function run(options: DeployOptions): Promise<void> {
  if (options.stage === 'local') throw new CliError('the stage on this machine is deployed by ./sluice up; here --stage dev or --stage prod', EXIT.misuse);
  const config = deployedStage(options.stage, process.env);
  const place = await placeOf(config);
  if (!options.yes && !options.dryRun) assertSomebodyToAsk(LOOK_FIRST);
  const parent = join(ROOT, '.sluice', 'deploy');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `${config.stage}-`));
  // An app that knows where it goes can look up a VPC, and gives buckets names that can be read in the template.
  const cdk = cdkWith({ SLUICE_ACCOUNT: place.account, SLUICE_REGION: place.region, AWS_REGION: place.region });
  try {
    say(`synthesising stage ${config.stage} ...`);
    await cdk('synth', '--quiet', '--output', folder, '-c', `stage=${config.stage}`);
    const plan = await planOf(config, place, folder);
    if (!options.json) tell(plan);
    if (options.dryRun) return options.json ? printJson({ ...plan, deployed: false }) : undefined;
    await confirm(`Deploy stage ${config.stage} to account ${place.account}, ${place.region}?`, { yes: options.yes, advice: LOOK_FIRST, otherwise: 'nothing was deployed' });
    const outputs = await deploy(plan, folder, cdk);
    if (options.json) return printJson({ ...plan, deployed: true, outputs });
    printRows(
      ['stack', 'output', 'value'],
      Object.entries(outputs).flatMap(([stack, each]) => Object.entries(each).flatMap(([name, value]) => (OF_STACKS.test(name) ? [] : [[stack, name, value]]))),
    );
    say(`stage ${config.stage} is deployed. Next: ./sluice ingest --all --stage ${config.stage}, then ./sluice doctor --stage ${config.stage}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function addDeploy(program: Command): void {
  program
    .command('deploy')
    .description('deploy a stage to AWS: bootstrap where needed, say what it costs, ask, deploy')
    .requiredOption('--stage <stage>', 'dev or prod')
    .option('--dry-run', 'say it; deploy nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'what is deployed, where, for how much and with which outputs, as JSON')
    .action(run);
}
