import { type CloudFormationClient, paginateDescribeStackEvents, paginateListStacks, type StackEvent } from '@aws-sdk/client-cloudformation';
import type { AssemblyStack } from './assembly.js';
import type { Cdk } from './cdk.js';
import type { KeptResource } from './deployed.js';

/**
 * What CloudFormation identifies a resource by when it imports it: the primary identifier of the type's schema. Of each
 * type that a removal may leave behind; their physical ids are these values.
 */
export const IDENTIFIERS: Readonly<Record<string, string>> = {
  'AWS::Backup::BackupVault': 'BackupVaultName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::EC2::SecurityGroup': 'Id',
  'AWS::EC2::Subnet': 'SubnetId',
  'AWS::EC2::VPC': 'VpcId',
  'AWS::KMS::Key': 'KeyId',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::MSK::Cluster': 'Arn',
  'AWS::MSK::Configuration': 'Arn',
  'AWS::MSK::ServerlessCluster': 'Arn',
  'AWS::S3::Bucket': 'BucketName',
};

/**
 * What the last removal left behind of stacks that are to be made again: made anew, buckets, table and cluster would be
 * refused because their names are taken, and a new key would read nothing of what is there.
 *
 * CloudFormation tells of a deleted stack for 90 days, by its id. A stack that was never made, and so left nothing, is
 * passed over for the one before.
 *
 * @param deployed names of stacks that are there: they have theirs
 * @returns also what the stacks would not have any more; {@link wantedOf} leaves that out
 */
export async function leftBehind(client: CloudFormationClient, stacks: readonly AssemblyStack[], deployed: ReadonlySet<string>): Promise<KeptResource[]> {
  const gone = new Set(stacks.map(({ name }) => name).filter((name) => !deployed.has(name)));
  if (gone.size === 0) return [];
  const deleted: { readonly name: string; readonly id: string; readonly at: number }[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, { StackStatusFilter: ['DELETE_COMPLETE'] }))
    for (const { StackName = '', StackId = '', DeletionTime, CreationTime } of StackSummaries)
      if (gone.has(StackName)) deleted.push({ name: StackName, id: StackId, at: (DeletionTime ?? CreationTime)?.getTime() ?? 0 });
  const found: KeptResource[] = [];
  for (const { name, id } of deleted.sort((one, other) => other.at - one.at)) {
    if (!gone.has(name)) continue;
    const kept = await skippedBy(client, name, id);
    if (kept === null) continue;
    found.push(...kept);
    gone.delete(name);
  }
  return found;
}

/** What the deletion of a stack passed over; null where the stack's creation had failed. */
async function skippedBy(client: CloudFormationClient, stack: string, id: string): Promise<KeptResource[] | null> {
  const events: StackEvent[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: id })) events.push(...StackEvents);
  const ofStack = events.filter(({ PhysicalResourceId, ResourceType }) => ResourceType === 'AWS::CloudFormation::Stack' && PhysicalResourceId === id);
  if (ofStack.some(({ ResourceStatus }) => ResourceStatus === 'ROLLBACK_COMPLETE')) return null;
  // An update skips things too: what it replaced and keeps.
  const began = Math.max(0, ...ofStack.flatMap(({ ResourceStatus, Timestamp }) => (ResourceStatus === 'DELETE_IN_PROGRESS' ? [Timestamp?.getTime() ?? 0] : [])));
  return events.flatMap(({ LogicalResourceId = '', ResourceType = '', PhysicalResourceId = '', ResourceStatus, Timestamp }) =>
    ResourceStatus === 'DELETE_SKIPPED' && (Timestamp?.getTime() ?? 0) >= began ? [{ stack, resource: LogicalResourceId, type: ResourceType, id: PhysicalResourceId }] : [],
  );
}

/** Those that the stacks, as they would be deployed, have. */
export const wantedOf = (kept: readonly KeptResource[], stacks: readonly AssemblyStack[]): KeptResource[] =>
  kept.filter((each) => stacks.find(({ name }) => name === each.stack)?.template.Resources?.[each.resource]?.Type === each.type);

/** What `cdk import` takes, by stack. @throws Error naming what has no known identifier */
export function mappingOf(kept: readonly KeptResource[], stack: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    kept
      .filter((each) => each.stack === stack)
      .map(({ resource, type, id }) => {
        const name = IDENTIFIERS[type];
        if (name === undefined) throw new Error(`${resource} of ${stack} cannot be adopted: nothing is known of how ${type} is imported`);
        return [resource, { [name]: id }];
      }),
  );
}

/**
 * Brings what was left behind back under its stacks, and deploys those. An import changes and makes nothing else, so each
 * stack is imported and then deployed, after those that it needs.
 */
export async function adopt(kept: readonly KeptResource[], stacks: readonly AssemblyStack[], folder: string, cdk: Cdk): Promise<void> {
  const holding = new Set(kept.map(({ stack }) => stack));
  const needed = new Set<string>();
  for (const { name, dependencies } of [...stacks].reverse()) if (holding.has(name) || needed.has(name)) for (const each of [name, ...dependencies]) needed.add(each);
  for (const { name } of stacks.filter((each) => needed.has(each.name))) {
    if (holding.has(name)) await cdk('import', name, '--app', folder, '--resource-mapping-inline', JSON.stringify(mappingOf(kept, name)));
    await cdk('deploy', name, '--exclusively', '--app', folder, '--require-approval', 'never', '--progress', 'events');
  }
}
