import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adopt } from '../../../adopt.js';
import { type AssemblyStack, stacksOf } from '../../../assembly.js';
import type { Cdk } from '../../../cdk.js';
import type { Plan } from './plan.js';

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
