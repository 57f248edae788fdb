import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type Config, physicalName, warningsOf } from '../../../../lib/config.js';
import { costOf } from '../../../../lib/cost/cost.js';
import { type CostItem, total } from '../../../../lib/cost/item.js';
import { PRICES } from '../../../../lib/cost/prices.js';
import type { Place } from '../../../account.js';
import { leftBehind, wantedOf } from '../../../adopt.js';
import { bootstrapVersionOf, stacksOf } from '../../../assembly.js';
import { deployedStacks, type KeptResource } from '../../../deployed.js';
import { CliError, printRows, say } from '../../../output.js';
import { assertBrokerIsWanted, assertSameBroker } from '../../../same-broker.js';
import { usd } from '../../../stage.js';

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

export async function planOf(config: Config, place: Place, folder: string): Promise<Plan> {
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

export function tell(plan: Plan): void {
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
