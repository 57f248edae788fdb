import { isAbout, namesAction, type Statement, statementsOf } from './policies.js';
import { at, listOf, type Resource, type StageTemplates } from './templates.js';

/** A role with all that it may do. */
export interface Role {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  /** Services that may take it. */
  readonly services: readonly string[];
  readonly statements: readonly Statement[];
}

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const allow = (actions: readonly string[]): Statement => ({ effect: 'Allow', actions, resources: ['*'], principals: [], conditions: [] });
/** AWS's own policies that roles here have; another one is refused until it stands here. */
const MANAGED: Readonly<Record<string, Statement>> = {
  AWSLambdaBasicExecutionRole: allow(LOGS),
  // Of AWS Backup: what concerns things with a key of ours. Its rights on keys are bound to a service, and are not counted.
  AWSBackupServiceRolePolicyForBackup: allow(['dynamodb:CreateBackup', 'dynamodb:DescribeTable', 'dynamodb:StartAwsBackupJob']),
  AWSBackupServiceRolePolicyForRestores: allow(['dynamodb:RestoreTableFromBackup', 'dynamodb:RestoreTableFromAwsBackup']),
  AWSBackupServiceRolePolicyForS3Backup: allow(['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions']),
  AWSBackupServiceRolePolicyForS3Restore: allow(['s3:GetObject', 's3:PutObject', 's3:ListBucket']),
  AWSLambdaVPCAccessExecutionRole: allow([
    ...LOGS,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
};

function managed(arn: string): Statement {
  const statement = MANAGED[arn.slice(arn.lastIndexOf('/') + 1)];
  if (!statement) throw new Error(`what ${arn} allows is not known to the walk: add it to MANAGED`);
  return statement;
}

/** Every role of the templates. */
export function rolesOf(stage: StageTemplates): Role[] {
  const attached = stage.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy');
  const holds = (policy: Resource, name: string) => listOf(policy.properties.Roles).some((role) => stage.text(role, policy.stack) === name);
  return stage.ofType('AWS::IAM::Role').map((role) => {
    const { properties, stack } = role;
    const name = stage.nameOf(role);
    return {
      id: role.id,
      name,
      arn: stage.arnOf(role),
      services: statementsOf(properties.AssumeRolePolicyDocument, stack, stage).flatMap(({ principals }) => principals),
      statements: [
        ...listOf(properties.Policies).flatMap((policy) => statementsOf(at(policy, 'PolicyDocument'), stack, stage)),
        ...attached.filter((policy) => holds(policy, name)).flatMap((policy) => statementsOf(policy.properties.PolicyDocument, policy.stack, stage)),
        ...listOf(properties.ManagedPolicyArns).map((arn) => managed(stage.text(arn, stack))),
      ],
    };
  });
}

/** Whether a role may do something to a resource, under no condition. @param inside to what is in it: a bucket's objects */
export function may(role: Role, action: string, arn: string, inside = false): boolean {
  const about = role.statements.filter((statement) => namesAction(statement, action) && isAbout(statement, arn, inside));
  return about.some(({ effect, conditions }) => effect === 'Allow' && conditions.length === 0) && !about.some(({ effect }) => effect === 'Deny');
}
