import { leavesToIam, matches, namesAction, type Statement, statementsOf } from './policies.js';
import { may, type Role } from './roles.js';
import { ACCOUNT, at, type Json, listOf, type Resource, type StageTemplates } from './templates.js';

/** What reading and writing something that is encrypted need of its key. */
export const READ = ['kms:Decrypt'] as const;
/** Writers decrypt too: S3 reads the parts of an upload again, DynamoDB the table's key, SQS and SNS their data key. */
export const WRITE = ['kms:GenerateDataKey', 'kms:Decrypt'] as const;

function keyProperty({ type, properties }: Resource): Json | undefined {
  switch (type) {
    case 'AWS::S3::Bucket': {
      const [rule] = listOf(at(properties.BucketEncryption, 'ServerSideEncryptionConfiguration'));
      return at(rule, 'ServerSideEncryptionByDefault', 'KMSMasterKeyID');
    }
    case 'AWS::DynamoDB::Table':
      return at(properties.SSESpecification, 'KMSMasterKeyId');
    case 'AWS::SQS::Queue':
    case 'AWS::SNS::Topic':
      return properties.KmsMasterKeyId;
    default:
      return properties.KmsKeyId ?? properties.KmsKeyArn;
  }
}

/** The key of ours that a resource is encrypted with; null where AWS's own does it. */
export function keyOf(resource: Resource, stage: StageTemplates): Resource | null {
  const given = keyProperty(resource);
  return given === undefined ? null : keyNamed(given, resource, stage);
}

/** @throws Error where a key is named that no template makes: who may use it cannot be judged */
export function keyNamed(given: Json, { id, stack }: Resource, stage: StageTemplates): Resource | null {
  const name = stage.text(given, stack);
  if (/alias\/aws\//.test(name)) return null;
  const key = stage.find('AWS::KMS::Key', name);
  if (!key) throw new Error(`${id}: its key ${name} is in no template`);
  return key;
}

export const keyPolicy = (key: Resource, stage: StageTemplates): Statement[] => statementsOf(key.properties.KeyPolicy, key.stack, stage);

/** What a role lacks of a key: by its own policies where the key leaves it to them, else by the key's. */
export function lacksOfKey(role: Role, key: Resource, needs: readonly string[], stage: StageTemplates): string[] {
  const policy = keyPolicy(key, stage);
  const arn = stage.arnOf(key);
  return needs.filter((action) => {
    const byKey = policy.some((statement) => statement.effect === 'Allow' && namesAction(statement, action) && statement.principals.includes(`AWS ${role.arn}`));
    return !byKey && !(leavesToIam(policy) && may(role, action, arn));
  });
}

/** Held to this account, so that no other one's resources use the service's place. */
const ofThisAccount = ({ conditions }: Statement): boolean =>
  conditions.some(([, key, values]) => /^aws:Source(Account|Arn)$/i.test(key) && values.every((value) => value.includes(ACCOUNT)));

/** What a service lacks of a policy, as itself (not by a role); each statement must be held to this account. */
export function lacksAsService(service: string, needs: readonly string[], policy: readonly Statement[]): string[] {
  const own = policy.filter(({ effect, principals }) => effect === 'Allow' && principals.includes(`Service ${service}`));
  return needs.filter((action) => !own.some((statement) => namesAction(statement, action) && ofThisAccount(statement)));
}

/** What CloudWatch Logs lacks to encrypt a log group (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html). */
export function lacksForLogs(service: string, groupArn: string, policy: readonly Statement[]): string[] {
  const own = policy.filter(
    ({ effect, principals, conditions }) =>
      effect === 'Allow' &&
      principals.includes(`Service ${service}`) &&
      conditions.some(
        ([operator, key, values]) => /^Arn|^String/.test(operator) && key === 'kms:EncryptionContext:aws:logs:arn' && values.some((value) => matches(value, groupArn)),
      ),
  );
  return ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'].filter(
    (action) => !own.some((statement) => namesAction(statement, action)),
  );
}
