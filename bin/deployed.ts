import { type CloudFormationClient, GetTemplateCommand, paginateDescribeStacks, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { isKept, type TemplateJson } from '../lib/cost/resources.js';

/** A stack as it is deployed. */
export interface DeployedStack {
  readonly name: string;
  /** Whether its creation failed: it holds nothing, and can only be deleted. */
  readonly failed: boolean;
  readonly terminationProtection: boolean;
  readonly template: TemplateJson;
}

/** What stays when the stacks are deleted, or has stayed. */
export interface KeptResource {
  readonly stack: string;
  /** Logical id in the template. */
  readonly resource: string;
  readonly type: string;
  /** As CloudFormation knows it: a bucket's name, a cluster's ARN. */
  readonly id: string;
}

/** The stacks whose names begin so, those that are not made or gone left out. */
export async function deployedStacks(client: CloudFormationClient, prefix: string): Promise<DeployedStack[]> {
  const found: DeployedStack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
    for (const { StackName = '', StackStatus, EnableTerminationProtection } of Stacks) {
      if (!StackName.startsWith(prefix) || StackStatus === 'DELETE_COMPLETE' || StackStatus === 'REVIEW_IN_PROGRESS') continue;
      const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName, TemplateStage: 'Original' }));
      found.push({
        name: StackName,
        failed: StackStatus === 'ROLLBACK_COMPLETE',
        terminationProtection: EnableTerminationProtection === true,
        template: JSON.parse(TemplateBody) as TemplateJson,
      });
    }
  return found;
}

/** What of deployed stacks stays when they are deleted. */
export async function keptOf(client: CloudFormationClient, stacks: readonly DeployedStack[]): Promise<KeptResource[]> {
  const kept: KeptResource[] = [];
  for (const { name, template } of stacks)
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName: name }))
      for (const { LogicalResourceId = '', ResourceType = '', PhysicalResourceId = '' } of StackResourceSummaries)
        if (isKept(template.Resources?.[LogicalResourceId]?.DeletionPolicy)) kept.push({ stack: name, resource: LogicalResourceId, type: ResourceType, id: PhysicalResourceId });
  return kept;
}
