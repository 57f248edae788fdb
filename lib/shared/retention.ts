import { RemovalPolicy } from 'aws-cdk-lib';
import { type Config, deletesData } from '../config.js';

/**
 * What becomes of what holds data when its stack goes. What a first deploy made before it failed goes in any case: kept, it
 * would stand in the way of the next one.
 */
export const dataPolicy = (config: Config): RemovalPolicy => (deletesData(config) ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);

/** Whether the stage's stacks leave a broker of theirs behind, and so what that stands on. */
export const keepsBroker = (config: Config): boolean => !deletesData(config) && (config.broker.kind === 'provisioned' || config.broker.kind === 'serverless');

/** What becomes of what a broker stands on: its security group, subnets and VPC cannot go before it. */
export const brokerPolicy = (config: Config): RemovalPolicy => (keepsBroker(config) ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY);
