import { BROKER_METADATA } from '../lib/broker/metadata.js';
import type { AssemblyStack } from './assembly.js';
import type { DeployedStack, KeptResource } from './deployed.js';
import { CliError, EXIT } from './output.js';

const told = (identity: unknown): string =>
  Object.entries((identity ?? {}) as Record<string, string>)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const wayOut = (stage: string) =>
  `The lake of ${stage} counts by the offsets of its broker, so another broker needs a lake of its own. Set SLUICE_BROKER, SLUICE_VPC_ID, SLUICE_ZONES or SLUICE_MSK_... back; or give the lake up: ` +
  `deploy once with them as they were and SLUICE_RETAIN_DATA=false SLUICE_DELETE_DATA_OF=${stage}, ./sluice destroy --stage ${stage}, and deploy with the new ones (docs/deploying.md)`;

/**
 * Refuses another broker under a lake that is there: its Bronze tables and checkpoints hold offsets of the one it had, and
 * would die at, or pass over, records of another that begins at 0.
 *
 * @throws CliError naming both brokers, and the way out
 */
export function assertSameBroker(stage: string, deployed: readonly DeployedStack[], next: readonly AssemblyStack[]): void {
  for (const { name, template } of next) {
    const [was, is] = [deployed.find((each) => each.name === name)?.template.Metadata?.[BROKER_METADATA], template.Metadata?.[BROKER_METADATA]];
    if (was !== undefined && is !== undefined && told(was) !== told(is))
      throw new CliError(`${name} has a broker of ${told(was)}; this would make one of ${told(is)}. ${wayOut(stage)}`, EXIT.misuse);
  }
}

/** The same of a broker that a removal left behind, with its lake. @param left all that was left behind, wanted or not */
export function assertBrokerIsWanted(stage: string, left: readonly KeptResource[], wanted: readonly KeptResource[]): void {
  const cluster = left.find((each) => /^AWS::MSK::(Serverless)?Cluster$/.test(each.type) && !wanted.some(({ id }) => id === each.id));
  if (cluster && wanted.length > 0)
    throw new CliError(`the last removal of ${stage} left its broker ${cluster.id} behind, and this would make another. ${wayOut(stage)}`, EXIT.misuse);
}
