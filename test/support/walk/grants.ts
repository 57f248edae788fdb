import { keyNamed, keyOf, lacksOfKey, READ, WRITE } from './keys.js';
import { isAbout, namesAction } from './policies.js';
import { may, type Role } from './roles.js';
import { ACCOUNT, at, REGION, type Resource, type StageTemplates } from './templates.js';

interface Use {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Whether the calls are about what is inside the resource: `ARN/…`. */
  readonly inside?: boolean;
}

/** Calls on things that can be encrypted, which the service makes with the key in the caller's name. */
const USES: Readonly<Record<string, Use>> = {
  'AWS::DynamoDB::Table': {
    reads: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    writes: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'],
  },
  'AWS::S3::Bucket': { reads: ['s3:GetObject', 's3:GetObjectVersion'], writes: ['s3:PutObject'], inside: true },
  'AWS::SQS::Queue': { reads: ['sqs:ReceiveMessage'], writes: ['sqs:SendMessage'] },
  'AWS::SNS::Topic': { reads: [], writes: ['sns:Publish'] },
  'AWS::SecretsManager::Secret': { reads: ['secretsmanager:GetSecretValue'], writes: ['secretsmanager:PutSecretValue'] },
};

/** What a role may call and cannot, since the key is missing to it. */
export function grantsWithoutKey(role: Role, stage: StageTemplates): string[] {
  return stage.ofType(...Object.keys(USES)).flatMap((resource) => {
    const key = keyOf(resource, stage);
    if (!key) return [];
    const { reads, writes, inside = false } = USES[resource.type] as Use;
    const arn = stage.arnOf(resource);
    const allowed = (action: string) => role.statements.some((statement) => statement.effect === 'Allow' && namesAction(statement, action) && isAbout(statement, arn, inside));
    const needs = new Set([...(reads.some(allowed) ? READ : []), ...(writes.some(allowed) ? WRITE : [])]);
    const lacks = lacksOfKey(role, key, [...needs], stage);
    const calls = [...reads, ...writes].filter(allowed);
    return lacks.length === 0 ? [] : [`${role.id} may ${calls.join(', ')} on ${resource.id} and lacks ${lacks.join(', ')} of its key ${key.id}`];
  });
}

/** Athena writes what a query gives, and reads it back, as whoever asked. */
export function queriesWithoutResults(role: Role, stage: StageTemplates): string[] {
  return stage.ofType('AWS::Athena::WorkGroup').flatMap((workgroup) => {
    const arn = `arn:aws:athena:${REGION}:${ACCOUNT}:workgroup/${stage.text(workgroup.properties.Name, workgroup.stack)}`;
    if (!may(role, 'athena:StartQueryExecution', arn)) return [];
    const results = at(workgroup.properties.WorkGroupConfiguration, 'ResultConfiguration');
    const given = at(results, 'EncryptionConfiguration', 'KmsKey');
    const key = given === undefined ? null : keyNamed(given, workgroup, stage);
    const location = stage.text(at(results, 'OutputLocation'), workgroup.stack);
    const [name = ''] = location.replace('s3://', '').split('/');
    const bucket: Resource | undefined = stage.find('AWS::S3::Bucket', name);
    const bucketArn = bucket ? stage.arnOf(bucket) : `arn:aws:s3:::${name}`;
    return [
      ...(key ? lacksOfKey(role, key, WRITE, stage).map((action) => `${action} of ${key.id}`) : []),
      ...['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'].filter((action) => !may(role, action, bucketArn)),
      ...['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'].filter((action) => !may(role, action, bucketArn, true)),
    ].map((lack) => `${role.id} may query by ${workgroup.id} and lacks ${lack} for the results`);
  });
}
