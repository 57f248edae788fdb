import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { physicalName } from '../../../lib/config.js';
import { costOf } from '../../../lib/cost/cost.js';
import { total } from '../../../lib/cost/item.js';
import { PRICES } from '../../../lib/cost/prices.js';
import { placeOf } from '../../account.js';
import { confirm, LOOK_FIRST } from '../../ask.js';
import { cdkWith } from '../../cdk.js';
import { deployedStacks, keptOf } from '../../deployed.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { deployedStage, usd } from '../../stage.js';
import { newCommand } from '../command.js';
import { jsonOption } from '../options.js';

interface DestroyOptions {
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const destroyCommand = () =>
  newCommand('destroy', 'delete the stacks of a deployed stage; says first what stays, and goes on billing', [
    './sluice destroy --stage dev --dry-run',
    './sluice destroy --stage dev',
  ])
    .requiredOption('--stage <stage>', 'dev or prod')
    .option('--dry-run', 'say it; delete nothing')
    .option('--yes', 'do not ask')
    .addOption(jsonOption('what stays, as JSON'))
    .action(destroy);

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
