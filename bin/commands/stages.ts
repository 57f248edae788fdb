import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../../lib/config.js';
import { monthlyFloor, pricesOf, remaining, total } from '../../lib/cost/cost.js';
import { PRICES, PRICES_AS_OF, PRICES_SOURCE } from '../../lib/cost/prices.js';
import { ROOT } from '../../localstack/paths.js';
import { CliError, EXIT, printJson, printRows, say } from '../output.js';
import { templatesOf } from '../templates.js';

/** The region that a stage is in, as far as this environment says. */
const regionOf = (config: Config): string => config.region ?? process.env.AWS_REGION ?? 'us-east-1';

const usd = (value: number): string => value.toFixed(2);

/** @throws CliError where the stage costs nothing, or is none */
function deployedStage(stage: string, env: NodeJS.ProcessEnv): Config {
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
    .description('what a stage costs a month at least, from the template that would be deployed, the largest items first')
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
      const items = monthlyFloor(templatesOf(config), region);
      if (options.json) return printJson({ stage: options.stage, profile: config.profile, region, pricesAsOf: PRICES_AS_OF, monthly: total(items), items });
      printRows(
        ['USD a month', 'service', 'what'],
        items.map(({ monthly, service, what }) => [usd(monthly), service, what]),
      );
      say(
        `${usd(total(items))} USD a month at least (stage ${options.stage}, profile ${config.profile}, ${region}). Storage, traffic, queries, functions and batch runs come on top`,
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
    .action(async (options: { stage: string; dryRun?: boolean; yes?: boolean; json?: boolean }) => {
      const config = deployedStage(options.stage, process.env);
      const templates = templatesOf(config);
      const stays = remaining(templates);
      const region = regionOf(config);
      // Where no price is known a stage can be deleted all the same.
      const monthly = region in PRICES ? total(monthlyFloor(templates, region).filter((item) => item.stays)) : null;
      if (options.json) printJson({ stays, monthly });
      else {
        printRows(
          ['stays', 'name', 'in the template'],
          stays.map(({ type, name, resource }) => [type, name, resource]),
        );
        say(
          `${stays.length} resources stay; ${monthly === null ? `what they cost in ${region} is not known here` : `${usd(monthly)} USD a month go on for them`}, and for what the buckets and tables hold`,
        );
        if (stays.length > 0) say(`to delete the data too, deploy once with SLUICE_RETAIN_DATA=false SLUICE_DELETE_DATA_OF=${options.stage}, then destroy`);
      }
      if (options.dryRun) return;
      await confirm(options.stage, options.yes === true);
      await cdkDestroy(options.stage);
    });
}

async function confirm(stage: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new CliError('nobody to ask here: add --yes to delete the stacks', EXIT.misuse);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`Delete the stacks of ${stage}? Type the stage's name: `);
  prompt.close();
  if (answer.trim() !== stage) throw new CliError('nothing was deleted');
}

function cdkDestroy(stage: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), 'destroy', '--all', '--force', '-c', `stage=${stage}`], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new CliError(`cdk destroy ended with ${code}; what it says above names the stack`))));
  });
}

export function addStageCommands(program: Command): void {
  addCost(program);
  addDestroy(program);
}
