import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type Home, ROOT } from '../paths.js';
import { logFile } from '../process.js';
import { awsEnvironment, client, frontDoorUrl, type Instance, type Say } from './instance.js';
import { TSX } from './start.js';

/** Configuration of the `local` stage, as the CDK app takes it. */
export function deployEnvironment(instance: Instance): Record<string, string> {
  return {
    SLUICE_KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${instance.ports.kafka}`,
    SLUICE_AWS_ENDPOINT: frontDoorUrl(instance),
    ...(instance.feeds === 'recorded' ? { SLUICE_FEEDS_URL: `http://127.0.0.1:${instance.ports.feeds}` } : {}),
  };
}

/** Runs a Node program of the deploy, its output in `deploy.log`; its end is in the error where it fails. */
function runStep(home: Home, name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(home.logs, { recursive: true });
  const log = logFile(home, 'deploy');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const child = spawn(process.execPath, [...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      const output = Buffer.concat(chunks).toString('utf8');
      writeFileSync(log, output, { flag: 'a' });
      if (code === 0) resolve();
      else reject(new Error(`${name} failed (exit ${code}); ${log} ends with:\n${output.trimEnd().split('\n').slice(-25).join('\n')}`));
    });
  });
}

const stepEnv = (instance: Instance, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...awsEnvironment(instance),
  ...deployEnvironment(instance),
  ...extra,
  // Who called has read the settings, or wants none.
  SLUICE_ENV_FILE: '',
  CDK_DISABLE_VERSION_CHECK: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  CI: 'true',
  NO_COLOR: '1',
});

/** Synthesises the `local` stage and returns the assembly's folder. */
export async function synth(home: Home, instance: Instance, extra: Readonly<Record<string, string>>): Promise<string> {
  const out = join(home.tmp, 'cdk.out');
  rmSync(out, { recursive: true, force: true });
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  await runStep(home, 'cdk synth', ['--import', TSX, join(ROOT, 'bin', 'app.ts')], {
    ...stepEnv(instance, extra),
    CDK_OUTDIR: out,
    // What CloudFormation would think of the templates takes five seconds, and no CloudFormation will see them.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage: 'local' }),
  });
  return out;
}

/** Deploys the `local` stage through the front door; bootstraps it the first time. Custom resources start the jobs. */
export async function deploy(home: Home, instance: Instance, assembly: Promise<string>, say: Say): Promise<void> {
  const began = Date.now();
  const cloudFormation = client(CloudFormationClient, instance);
  const bootstrapped = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' })).then(
    () => true,
    () => false,
  );
  say(bootstrapped ? 'deploying the CDK app ...' : 'bootstrapping and deploying the CDK app ...');
  const cdk = (...args: string[]) => runStep(home, `cdk ${args[0]}`, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], stepEnv(instance, {}));
  const ready = bootstrapped ? Promise.resolve() : cdk('bootstrap', 'aws://000000000000/us-east-1', '--app', '');
  ready.catch(() => undefined);
  // A failed synth says more than a failed bootstrap: it is awaited first.
  const out = await assembly;
  await ready;
  await cdk('deploy', '--all', '--app', out, '--require-approval', 'never', '--progress', 'events', '--concurrency', '3');
  say(`deployed (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Synthesises and deploys anew, for a changed app or contract. */
export const redeploy = (home: Home, instance: Instance, extra: Readonly<Record<string, string>>, say: Say): Promise<void> =>
  deploy(home, instance, synth(home, instance, extra), say);
