import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../localstack/paths.js';
import { placeOf } from '../../account.js';
import { assertSomebodyToAsk, confirm, LOOK_FIRST } from '../../ask.js';
import { cdkWith } from '../../cdk.js';
import { CliError, EXIT, printJson, printRows, say } from '../../output.js';
import { deployedStage } from '../../stage.js';
import { newCommand } from '../command.js';
import { jsonOption } from '../options.js';
import { deploy } from './deploy/carry-out.js';
import { planOf, tell } from './deploy/plan.js';

interface DeployOptions {
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Outputs that stacks have for each other. */
const OF_STACKS = /^(Exports|Publish)Output/;

export const deployCommand = () =>
  newCommand('deploy', 'deploy a stage to AWS: bootstrap where needed, say what it costs, ask, deploy', ['./sluice deploy --stage dev --dry-run', './sluice deploy --stage dev'])
    .requiredOption('--stage <stage>', 'dev or prod')
    .option('--dry-run', 'say it; deploy nothing')
    .option('--yes', 'do not ask')
    .addOption(jsonOption('what is deployed, where, for how much and with which outputs, as JSON'))
    .action(run);

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
