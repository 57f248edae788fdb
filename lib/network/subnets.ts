import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { Config } from '../config.js';

/** What CDK stands in for a VPC until it has looked it up has zones of this name. */
const NOT_LOOKED_UP = /^dummy/;

/**
 * The private subnets with egress that brokers and jobs stand in: those of the zones that the configuration names, else all.
 *
 * @throws Error naming the zones that have none
 */
export function privateSubnets(vpc: IVpc, { network }: Pick<Config, 'network'>): ISubnet[] {
  const { subnets } = vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
  const { zones } = network;
  if (zones === undefined || subnets.some(({ availabilityZone }) => NOT_LOOKED_UP.test(availabilityZone))) return subnets;
  const without = zones.filter((zone) => !subnets.some(({ availabilityZone }) => availabilityZone === zone));
  if (without.length > 0)
    throw new Error(
      `network.zones (SLUICE_ZONES): the VPC has no private subnet with egress in ${without.join(', ')}; it has them in ${[...new Set(subnets.map(({ availabilityZone }) => availabilityZone))].join(', ')}`,
    );
  // One a zone: MSK wants its brokers spread so.
  return zones.flatMap((zone) => subnets.filter(({ availabilityZone }) => availabilityZone === zone).slice(0, 1));
}
