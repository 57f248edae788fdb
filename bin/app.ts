import { existsSync, readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { assertEvolution, type ContractsLock } from '../contracts/lock.js';
import { datasets } from '../datasets/index.js';
import { loadConfig, warningsOf } from '../lib/config.js';
import { costOf } from '../lib/cost/cost.js';
import { total } from '../lib/cost/item.js';
import { PRICES } from '../lib/cost/prices.js';
import { SluiceChecks } from '../lib/shared/acknowledge.js';
import { addStage } from '../lib/stages.js';
import { loadSettings } from './settings.js';
import { readTemplates } from './templates.js';

const lockFile = new URL('../contracts.lock.json', import.meta.url);
if (!existsSync(lockFile)) throw new Error('contracts.lock.json is missing: it guards running lakes against changes they cannot follow; restore it from git');
assertEvolution(JSON.parse(readFileSync(lockFile, 'utf8')) as ContractsLock, datasets);

const tell = (message: string) => process.stderr.write(`${message}\n`);
loadSettings(process.env, tell);
const app = new App();
const stage = (app.node.tryGetContext('stage') as string | undefined) ?? 'dev';
// Where the credentials lead, as the CDK's command line says: a VPC can be looked up only in a place that is known.
const { CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, ...env } = process.env;
const config = loadConfig(stage, { ...env, SLUICE_ACCOUNT: env.SLUICE_ACCOUNT || CDK_DEFAULT_ACCOUNT, SLUICE_REGION: env.SLUICE_REGION || CDK_DEFAULT_REGION });
addStage(app, config, datasets);
// The local stage has nothing to protect; tests check all three.
if (stage !== 'local') Validations.of(app).addPlugins(new SluiceChecks(app));
const { directory } = app.synth();
if (config.local === undefined) {
  const region = config.region ?? 'us-east-1';
  const told = region in PRICES ? `about ${Math.round(total(costOf(config, readTemplates(directory), region)))} USD a month` : `what it costs in ${region} is not known here`;
  tell(`stage ${stage}, profile ${config.profile}: ${told} (sluice cost --stage ${stage})`);
}
for (const warning of warningsOf(config)) tell(warning);
