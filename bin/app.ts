import { existsSync, readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { datasets } from '../contracts/index.js';
import { assertEvolution, type ContractsLock } from '../contracts/lock.js';
import { loadConfig } from '../lib/config.js';
import { SluiceChecks } from '../lib/shared/acknowledge.js';
import { addStage } from '../lib/stages.js';

const lockFile = new URL('../contracts.lock.json', import.meta.url);
if (!existsSync(lockFile)) throw new Error('contracts.lock.json is missing: it guards running lakes against changes they cannot follow; restore it from git');
assertEvolution(JSON.parse(readFileSync(lockFile, 'utf8')) as ContractsLock, datasets);

const app = new App();
const stage = (app.node.tryGetContext('stage') as string | undefined) ?? 'dev';
addStage(app, loadConfig(stage, process.env), datasets);
// The local stage has nothing to protect; tests check all three.
if (stage !== 'local') Validations.of(app).addPlugins(new SluiceChecks(app));
app.synth();
